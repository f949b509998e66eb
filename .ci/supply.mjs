#!/usr/bin/env node
// What the program and its tests are built of: from crates.io alone, under licences that ask for no more than a notice, and
// nothing that needs a TLS library of the system. Reads `cargo metadata --format-version 1 --locked` from standard input.
// Crates with known weaknesses aren't looked for, as their list isn't part of a checkout.

import { readFileSync } from "node:fs";

const SOURCE = "registry+https://github.com/rust-lang/crates.io-index";
const LICENCES = new Set(["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Unicode-3.0", "Zlib"]);
/** Crates under another licence, each with the reason. */
const EXCEPTIONS = new Map([
  // The browser's tests are driven through it; nothing of it is in the program.
  ["webdriver", "MPL-2.0"],
]);
const BANNED = new Set(["openssl", "openssl-sys", "native-tls"]);

/** Whether an SPDX expression (annex D) can be kept to with these licences. */
function isAllowed(expression, licences) {
  // Before SPDX, crates wrote a slash for OR.
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  const take = (token) => tokens[0] === token && tokens.shift() !== undefined;
  const either = () => {
    let allowed = all();
    while (take("OR")) allowed = all() || allowed;
    return allowed;
  };
  const all = () => {
    let allowed = one();
    while (take("AND")) allowed = one() && allowed;
    return allowed;
  };
  const one = () => {
    if (take("(")) {
      const allowed = either();
      if (!take(")")) throw new Error(`not an expression: ${expression}`);
      return allowed;
    }
    let name = tokens.shift();
    if (take("WITH")) name += ` WITH ${tokens.shift()}`;
    return licences.has(name);
  };
  const allowed = either();
  if (tokens.length) throw new Error(`not an expression: ${expression}`);
  return allowed;
}

const { packages } = JSON.parse(readFileSync(0, "utf8"));
const foreign = packages.filter((crate) => crate.source !== null);
const own = packages.filter((crate) => crate.source === null);
const problems = own.slice(1).map((crate) => `${crate.name} is a crate of a folder`);
const versions = new Map();
for (const { name, version, license, source } of foreign) {
  const crate = `${name} ${version}`;
  const exception = EXCEPTIONS.get(name);
  const licences = exception === undefined ? LICENCES : new Set([...LICENCES, exception]);
  if (!isAllowed(license ?? "", licences)) problems.push(`${crate} is under ${license ?? "no known licence"}`);
  if (source !== SOURCE) problems.push(`${crate} comes from ${source}`);
  if (BANNED.has(name)) problems.push(`${crate} is banned`);
  versions.set(name, [...(versions.get(name) ?? []), version]);
}
for (const name of EXCEPTIONS.keys()) {
  if (!versions.has(name)) problems.push(`${name} is an exception that nothing needs`);
}

for (const [name, all] of versions) {
  if (all.length > 1) console.log(`more than once: ${name} ${all.join(", ")}`);
}
for (const problem of problems) console.error(problem);
console.log(`${foreign.length} crates, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
