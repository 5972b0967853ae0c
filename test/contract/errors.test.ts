// The codes of errors: the table and its page have the same codes, the source throws each, and a test asserts each.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ERROR_CODES, isSignalboxError, SignalboxError } from '../../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const codes = Object.keys(ERROR_CODES);

/** All TypeScript of a folder except this file, whose own use of a code proves nothing. */
async function textOf(folder: string): Promise<string> {
  const files = await readdir(path.join(root, folder), { recursive: true });
  const names = files.filter((name) => /\.tsx?$/.test(name) && !name.endsWith('contract/errors.test.ts'));
  return (await Promise.all(names.map((name) => readFile(path.join(root, folder, name), 'utf8')))).join('\n');
}

test('the page lists the codes of the table, each with a text, and no others', async () => {
  const page = await readFile(path.join(root, 'docs/reference/errors.md'), 'utf8');
  const sections = page.split(/^### /m).slice(1);
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(codes);
  expect(sections.filter((section) => section.replace(/^## .*$/gm, '').trim().length <= 80)).toEqual([]);
});

test('each code is thrown somewhere', async () => {
  const source = await textOf('src');
  const thrown = new Set([...source.matchAll(/(?:SignalboxError\(|wrong\()\s*'(\w+)'/g)].map(([, code]) => code!));
  expect(codes.filter((code) => !thrown.has(code))).toEqual([]);
  expect([...thrown].filter((code) => !codes.includes(code))).toEqual([]);
});

test('each code is asserted by some test', async () => {
  const tests = await textOf('test');
  expect(codes.filter((code) => !new RegExp(`(code.*['"]|'|\\[)${code}['\\]\\\\]`).test(tests))).toEqual([]);
});

test('an error has its code and its cause, and is recognised across copies of the class', () => {
  const cause = new Error('below');
  const error: unknown = new SignalboxError('InvalidOption', 'priority is 7.', { cause });
  expect(error).toMatchObject({
    name: 'SignalboxError',
    code: 'InvalidOption',
    message: 'priority is 7. [InvalidOption]',
    cause,
    details: {},
  });
  const copy = Object.assign(Object.create(null) as object, { [Symbol.for('signalbox.error')]: true, code: 'InvalidOption' });
  expect([isSignalboxError(error), isSignalboxError(error, 'InvalidOption'), isSignalboxError(copy)]).toEqual([true, true, true]);
  expect([isSignalboxError(error, 'BoxClosed'), isSignalboxError(cause), isSignalboxError(null)]).toEqual([false, false, false]);
});
