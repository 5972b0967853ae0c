// Tests must be able to fail, and to do so in time: these rules check what their text shows of that. Each rule is also
// tested with a text that breaks it.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A rule finds its violations in the text of a file. */
type Rule = (text: string) => string[];

/** A polling loop, up to its end or that of the file. */
const ASKS_AGAIN = /\bwhile \((?=[^{;]*\bawait\b)[^{;]*(;|\{[\s\S]*?\n\s*\})/g;
const IS_BOUNDED = /\bthrow\b|\bexpect\(/;

/** Such a test would hang: its limit ends the test, not its loop, and its resources are not released. */
const waitsHaveAnEnd: Rule = (text) => [...text.matchAll(ASKS_AGAIN)].map(([loop]) => loop).filter((loop) => !IS_BOUNDED.test(loop));

const NOT_ALWAYS = /\b(test|it|describe)\.(only|todo|fails)\b/;
const SKIPS = /\.(skip|skipIf|runIf)\b(?!\()|\.(skip|skipIf|runIf)\(|\bskip\(|\bretry: \d+\s*\}?,?$/;
const TELLS_WHY = /\/\/ \S|\/\*\* \S|skip\(.*, ['"`]|\(\$\{/;

const noneIsAlone: Rule = (text) => text.split('\n').filter((line) => NOT_ALWAYS.test(line));

/** A reason on the same line or on the one before. */
const skipsTellWhy: Rule = (text) => {
  const lines = text.split('\n');
  return lines.filter(
    (line, index) => SKIPS.test(line) && !/^\s*(\/\/|\*)/.test(line) && !TELLS_WHY.test(line) && !TELLS_WHY.test(lines[index - 1] ?? ''),
  );
};

const SAME = /\bexpect\(([\w.[\]]+)\)\.(?:toBe|toEqual|toStrictEqual)\(\1\)/;
const LITERAL = /\bexpect\((true|false|null|undefined|\d+|'[^']*')\)/;

const noneIsAlwaysTrue: Rule = (text) => text.split('\n').filter((line) => SAME.test(line) || LITERAL.test(line));

const rules: [name: string, rule: Rule, broken: string[], kept: string[]][] = [
  [
    'a waiting loop has a limit, and fails with a message at that limit',
    waitsHaveAnEnd,
    ['while ((await sql`select 1`).length === 0);\n', 'while (!(await isWaiting(sql))) {\n  looks++;\n}\n'],
    ['while (!(await isOver())) {\n  if (performance.now() > deadline) throw new Error();\n}\n', 'while (runs < 3) runs++;\n'],
  ],
  ['no test is left out, or runs alone', noneIsAlone, ["test.only('x', () => {});", "it.todo('y');"], ["test('only', () => {});"]],
  [
    'a test that is skipped or retried gives the reason',
    skipsTellWhy,
    ['const pooled = isThere ? test : test.skip;', '  { retry: 2 },', "test.skipIf(isWindows)('x', () => {});"],
    ['// Not installed.\nconst pooled = isThere ? test : test.skip;', "skip(!isRoot, 'only root may');", 'retry: { delay: 1 }'],
  ],
  [
    'every assertion can fail',
    noneIsAlwaysTrue,
    ['expect(plugin).toEqual(plugin);', 'expect(true).toBe(true);', 'expect(a.b).toBe(a.b)'],
    ['expect(one).toEqual(other);', 'expect(isOver).toBe(true);'],
  ],
];

/** Files that others start and end, texts of mutants, and this file, which breaks every rule. */
const APART = /^test\/(bench|chaos)\/|\/programs\/|^test\/mutate\/|^test\/contract\/honesty\.test\.ts$/;

async function readTests(): Promise<[file: string, text: string][]> {
  const names = (
    await Promise.all(
      ['test', 'examples'].map(async (folder) =>
        (await readdir(root + folder, { recursive: true })).map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
      ),
    )
  ).flat();
  const files = names.filter(
    (name) => /\.tsx?$/.test(name) && !name.includes('node_modules') && !APART.test(name) && !name.startsWith('examples/ways/'),
  );
  return Promise.all(files.map(async (file) => [file, await readFile(root + file, 'utf8')] as [string, string]));
}

test.each(rules)('%s', async (_name, rule, broken, kept) => {
  for (const text of broken) expect(rule(text)).not.toEqual([]);
  for (const text of kept) expect(rule(text)).toEqual([]);
  expect((await readTests()).flatMap(([file, text]) => rule(text).map((found) => `${file}: ${found}`))).toEqual([]);
});
