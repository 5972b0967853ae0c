// The public interface equals the reports in api/: an unintended change fails here, and an intended one is visible in a
// review.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entryPoints, KEPT, workFolder, writeReport } from './api/report.ts';

/** Each report reads the types of Drizzle, Zod and NestJS again, with its own compiler. */
const TIMEOUT = 240_000;

let folder: string;
beforeAll(async () => void (folder = await workFolder()));
afterAll(async () => rm(folder, { recursive: true, force: true }));

const entries = await entryPoints();

test.each([...entries])(
  'the interface of %s equals its report; after an intended change, run `npm run api` and add a changeset',
  async (name, declarations) => {
    expect(await writeReport(name, declarations, folder)).toBe(await readFile(path.join(KEPT, `${name}.api.md`), 'utf8'));
  },
  TIMEOUT,
);

test('each entry point has a report, and there is no other report', async () => {
  const kept = (await readdir(KEPT)).filter((name) => name.endsWith('.api.md')).sort();
  expect(kept).toEqual([...entries.keys()].map((name) => `${name}.api.md`).sort());
});

test(
  'a report shows a removed option, a changed type, and types that are visible without being exported',
  async () => {
    const reportOf = async (name: string, text: string): Promise<string[]> => {
      const declarations = path.join(folder, `${name}.d.ts`);
      await writeFile(declarations, text);
      return (await writeReport(name, declarations, folder)).split('\n').map((line) => line.trim());
    };
    const before =
      'interface Hidden {\n  a: string;\n}\nexport interface Options {\n  gone?: Date;\n  kept?: Hidden;\n  other?: number;\n}\n';
    const after = before.replace('  gone?: Date;\n', '').replace('number', 'string').replace('a: string', 'a: number');
    const [was, is] = await Promise.all([reportOf('before', before), reportOf('after', after)]);
    expect(was.filter((line) => !is.includes(line))).toEqual(['a: string;', 'gone?: Date;', 'other?: number;']);
  },
  TIMEOUT,
);
