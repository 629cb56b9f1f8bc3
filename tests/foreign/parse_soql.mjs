// Reads a list of queries and writes those of them that are no SOQL.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { isQueryValid } = createRequire(`${process.cwd()}/`)("@jetstreamapp/soql-parser-js");

const queries = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(queries.filter((query) => !isQueryValid(query))));
