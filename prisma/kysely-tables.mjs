// A Prisma generator: writes the columns of every table as Kysely's types to prisma/generated/tables.ts
// (docs/decisions/0008-typed-sql.md). `prisma generate` speaks line-delimited JSON-RPC with it: requests come on stdin, answers
// go to stderr. It reads the schema file alone, so no database is needed.
import { writeFileSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";

/** Of Prisma's types, what `$queryRawUnsafe` returns for their columns. JSON columns are `unknown`. */
const scalars = {
  String: "string",
  Boolean: "boolean",
  Int: "number",
  BigInt: "bigint",
  Float: "number",
  DateTime: "Date",
  Json: "unknown",
};

function columnOf(model, { name, dbName, kind, type, isList, isRequired, hasDefaultValue }) {
  const base = kind === "enum" ? `enums.${type}` : scalars[type];
  // Lists of enums are not among them: PostgreSQL's driver returns those as one text.
  if (!base || (isList && kind === "enum"))
    throw new Error(`${model.name}.${name}: no column type is known for ${type}${isList ? "[]" : ""}`);
  const element = isList ? `${base}[]` : base;
  const value = isRequired ? element : `${element} | null`;
  return `    ${dbName ?? name}: ${hasDefaultValue ? `Generated<${value}>` : value};`;
}

function tableOf(model) {
  const columns = model.fields.filter(({ kind }) => kind !== "object").map((field) => columnOf(model, field));
  return `  ${model.dbName ?? model.name}: {\n${columns.join("\n")}\n  };`;
}

function generate({ generator, dmmf }) {
  const head = 'import type { Generated } from "kysely";\nimport type * as enums from "./enums";\n';
  const tables = `export type Tables = {\n${dmmf.datamodel.models.map(tableOf).join("\n")}\n};\n`;
  writeFileSync(path.join(generator.output.value, "tables.ts"), `${head}\n${tables}`);
  return null;
}

const methods = {
  getManifest: () => ({ manifest: { prettyName: "Kysely's table types", defaultOutput: "./generated" } }),
  generate,
};

function respond(id, answer) {
  process.stderr.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  try {
    respond(id, { result: methods[method](params) });
  } catch (error) {
    respond(id, { error: { code: -32_000, message: error.message, data: { stack: error.stack } } });
  }
});
