// npm run api, for the command line: writes what the program tells of itself into docs/reference/cli.md.
import { readFile, writeFile } from 'node:fs/promises';
import { sections, withSections } from './reference.ts';

const page = new URL('../../../docs/reference/cli.md', import.meta.url);
await writeFile(page, withSections(await readFile(page, 'utf8'), await sections()));
