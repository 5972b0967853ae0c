// Finds the files that a TypeScript file reaches by relative imports, its own and those of the files that it imports.
// Types count like values: a module that needs the types of another knows that module.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `from './x.ts'`, `import './x.ts'` and `import('./x.ts')`, whatever is between. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** Absolute paths, the given files included. */
export function reachableFrom(files: readonly string[]): string[] {
  const reached = new Set(files.map((file) => resolve(file)));
  for (const file of reached) {
    for (const [, path] of readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)) reached.add(resolve(dirname(file), path!));
  }
  return [...reached];
}
