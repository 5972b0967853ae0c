// Fields that extensions add to the log of a box.
import { expect, test } from 'vitest';
import { createSignalbox, type Extension } from '../../src/index.ts';
import { withFields } from '../../src/observe/log-fields.ts';
import { safeLogger } from '../../src/observe/safe-log.ts';
import { recordingLogger } from '../support/log.ts';

test('each line has the fields of now, and those of the line go before them', () => {
  const { log, lines } = recordingLogger();
  let request = 1;
  const fielded = withFields(safeLogger(log), [() => ({ request, of: 'one' }), () => undefined, () => ({ of: 'the other' })]);
  fielded.info({ request: 'own' }, 'first');
  request = 2;
  const child = fielded.child({ delivery: 1 });
  request = 3;
  child.warn({}, 'second');
  fielded.error({}, 'third');
  expect(lines).toEqual([
    { level: 'info', fields: { request: 'own', of: 'the other' }, message: 'first' },
    { level: 'warn', fields: { request: 2, of: 'the other', delivery: 1 }, message: 'second' },
    { level: 'error', fields: { request: 3, of: 'the other' }, message: 'third' },
  ]);
});

test('fields that throw cost nothing else', () => {
  const { log, lines } = recordingLogger();
  const failing = (): object => {
    throw new Error('no fields');
  };
  withFields(safeLogger(log), [failing, () => ({ kept: true })]).debug({}, 'line');
  expect(lines).toEqual([{ level: 'debug', fields: { kept: true }, message: 'line' }]);
});

test('without any, it is the logger itself', () => {
  const log = safeLogger(recordingLogger().log);
  expect(withFields(log, [])).toBe(log);
});

test('an extension whose logFields is no function is refused', () => {
  const extension = { name: 'wrong', logFields: { request: 1 } } as unknown as Extension;
  expect(() => createSignalbox({ db: {} as never, extensions: [extension] })).toThrow('logFields');
});
