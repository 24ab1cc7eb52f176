import { expect, it } from "vitest";
import { csvField, problemsCsv } from "@/components/upload/files/problems-csv";
import { failure } from "@/lib/uploader/state/failures";
import { problemsOf } from "@/lib/uploader/state/problems";
import { fileIn, stateWith } from "./upload-states";

it.each([
  ["plain.jpg", "plain.jpg"],
  ['a "quoted", name', '"a ""quoted"", name"'],
  ["two\nlines", '"two\nlines"'],
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ['=cmd|"/c calc"', `"'=cmd|""/c calc"""`],
  ["+1.jpg", "'+1.jpg"],
  ["-1.jpg", "'-1.jpg"],
  ["@sum", "'@sum"],
  ["\t=1", "'\t=1"],
  ["＝1", "'＝1"],
  ["a=1", "a=1"],
])("writes the field %j as %j", (value, field) => expect(csvField(value)).toBe(field));

it("has a line for each failed file, with its cause", () => {
  const files = [
    fileIn("failed", 0, { path: "a,b.jpg", failure: failure("quota") }),
    fileIn("done", 1),
    fileIn("refused", 2, { path: "=x.jpg", failure: failure("bad-path", "Too long.") }),
  ];
  const csv = problemsCsv(problemsOf(stateWith(files).files));
  const [head, ...lines] = csv.split("\r\n");
  expect(head).toBe("\ufeffpath,size in bytes,state,cause,detail,advice");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^"a,b\.jpg",1000,failed,Not enough space for this file/);
  expect(lines[1]).toMatch(/^'=x\.jpg,1000,left out,This name cannot be used\.,Too long\./);
  expect(lines[2]).toBe("");
});
