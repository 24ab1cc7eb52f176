// Reads the JSON reports of Vitest and Playwright for tests/run.mjs.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../../lib/cli/install.mjs";

/** Files of one report with the seconds of each; Playwright's are the sums of their tests. */
function vitestReport({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  // A file that cannot even be loaded has no tests to count.
  const broken = testResults.filter(({ status, assertionResults }) => status === "failed" && !assertionResults.length);
  const files = testResults.map(({ name, startTime, endTime }) => ({
    name: path.relative(root, name),
    seconds: (endTime - startTime) / 1000,
  }));
  const counts = { passed: numPassedTests, failed: numFailedTests + broken.length };
  return { ...counts, skipped: numPendingTests + numTodoTests, files };
}

function playwrightReport({ stats, errors, suites, config }) {
  const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];
  const results = (suite) => specsOf(suite).flatMap(({ tests }) => tests.flatMap((test) => test.results));
  const files = suites.map((suite) => ({
    name: path.relative(root, path.join(config.rootDir, suite.file)),
    seconds: results(suite).reduce((sum, { duration }) => sum + duration, 0) / 1000,
  }));
  const { expected, unexpected, flaky, skipped } = stats;
  return { passed: expected + flaky, failed: unexpected + errors.length, skipped, files };
}

/** Returns one report's counts and files. A run that ended before it wrote its report counts as one failure. */
function readReport(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, files: [] };
  const report = JSON.parse(readFileSync(file, "utf8"));
  return report.testResults ? vitestReport(report) : playwrightReport(report);
}

/** Returns the ten slowest test files of all reports, and the one line that sums up. */
export function summary(reportFiles) {
  const reports = reportFiles.map(readReport);
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
  const slowest = reports.flatMap(({ files }) => files).sort((a, b) => b.seconds - a.seconds);
  const lines = slowest.slice(0, 10).map(({ name, seconds }) => `  ${seconds.toFixed(1).padStart(6)} s ${name}\n`);
  const counts = `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`;
  return `The slowest test files:\n${lines.join("")}${counts}`;
}
