// Every script of the pages parses, by itself and joined as it is served: a quick look before any browser starts.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const assets = new URL("../../src/web/assets/", import.meta.url);
const read = (path) => readFileSync(new URL(path, assets), "utf8");
const filesOf = (folder) => readdirSync(new URL(`${folder}/`, assets)).map((name) => `${folder}/${name}`);
const own = filesOf("app");
const ofDesk = filesOf("desk");
const ofSelling = filesOf("sell");

function parses(name, source) {
  const node = spawnSync(process.execPath, ["--check", "--input-type=module"], { input: source, encoding: "utf8" });
  assert.equal(node.status, 0, `${name}: ${node.stderr}`);
}

test("each script parses", () => {
  for (const path of ["amounts.js", "moments.js", "proof.js", "push.js", "stream.js", "sw.js", ...own, ...ofDesk, ...ofSelling]) parses(path, read(path));
});

test("no two files of the page's script declare the same name", () => {
  const page = ["amounts.js", ...own].map(read).join("");
  parses("app.js", `${read("stream.js")}\nif (!isWorker) {\n${page}}\n`);
});

test("no two files of the desk's script declare the same name", () => {
  parses("desk.js", ["amounts.js", ...ofDesk].map(read).join(""));
});

test("no two files of the script of the form to list an item declare the same name", () => {
  parses("sell.js", ["amounts.js", "app/page.js", "app/money.js", ...ofSelling].map(read).join(""));
});
