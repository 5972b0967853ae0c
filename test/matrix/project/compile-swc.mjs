// Compiles the project with swc into the folder that is its second argument: `node compile-swc.mjs legacy out-swc`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { transform } from '@swc/core';

const [, , mode, out] = process.argv;
const decorators = mode === 'legacy' ? { legacyDecorator: true, decoratorMetadata: true } : { decoratorVersion: '2023-11' };
for (const file of ['schema.ts', 'shop.ts', 'main.ts', 'database/postgres-js.ts']) {
  const { code } = await transform(await readFile(file, 'utf8'), {
    filename: file,
    swcrc: false,
    module: { type: 'es6' },
    jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform: decorators, keepClassNames: true },
  });
  const target = path.join(out, file.replace(/\.ts$/, '.js'));
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, code);
}
