// The page of the command line says what the program says.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeProgram } from '../../../src/cli/program.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { sections, withSections } from './reference.ts';

const page = await readFile(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8');

test('each command, argument, option and example is on the page as the program has it: npm run api', async () => {
  expect(withSections(page, await sections())).toBe(page);
});

test('each command has a heading, under which its section stands', async () => {
  const titles = Array.from(page.matchAll(/^##+ (signalbox .*)\n\n<!-- (signalbox .*), by the program: /gm), ([, title, path]) => [
    title,
    path,
  ]);
  expect(titles.map(([title]) => title)).toEqual(titles.map(([, path]) => path));
  expect(titles.map(([title]) => title!).toSorted()).toEqual(
    [...(await sections()).keys()].filter((path) => path !== 'signalbox').toSorted(),
  );
});

test('a command without a place, and a place without a command, are noticed', async () => {
  const told = await sections();
  const [first] = [...told.keys()].slice(1);
  expect(() => withSections(page.replace(`<!-- ${first}, by`, '<!-- '), told)).toThrow(`no place for "${first}"`);
  expect(() => withSections(page, new Map([...told].filter(([path]) => path !== first)))).toThrow('of no command');
});

test('every verb, and every command below one, has a summary, --json, --help and an example', async () => {
  const program = await makeProgram(() => true);
  expect(program.commands.map((command) => command.name())).toEqual(VERBS.map(({ name }) => name));
  for (const [path, text] of await sections()) {
    if (path === 'signalbox') continue;
    expect.soft([path, text]).toEqual([path, expect.stringMatching(/\n\n[A-Z][^|]*\.\n\n[^]*\| `--json` \|[^]*```sh\n# /)]);
  }
});
