// Takes the adapters out of docs/lab.md, to be type-checked: each block of TypeScript names its file in its first line.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const folder = `${import.meta.dirname}/extracted`;
const text = readFileSync(`${import.meta.dirname}/../../docs/lab.md`, 'utf8');
const blocks = [...text.matchAll(/^```tsx\n(\/\/ (.+)\n[\s\S]+?)^```$/gm)];
if (blocks.length === 0) throw new Error('docs/lab.md has no adapters');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [, code, name] of blocks) writeFileSync(`${folder}/${name}`, code);
