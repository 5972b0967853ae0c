// Our own statements are repeated when they conflict with other transactions, and for no other reason.
import { expect, test } from 'vitest';
import type { Run } from '../../src/drivers/driver.ts';
import { statement } from '../../src/drivers/statement.ts';
import { repeated } from '../../src/store/own-run.ts';

const one = statement({ one: 'int' })`select 1 as one`;
const coded = (code: string): Error => Object.assign(new Error(code), { code });

/** Fails `times` times, and then answers. */
function failing(code: string, times: number): { run: Run; sent: () => number } {
  let sent = 0;
  const run = async (): Promise<never> => {
    if (++sent <= times) throw coded(code);
    return [{ one: 1 }] as never;
  };
  return { run, sent: () => sent };
}

test.each(['40001', '40P01'])(
  'a statement that conflicted with another transaction (%s) is sent again, and the conflict is not reported',
  async (code) => {
    const { run, sent } = failing(code, 12);
    expect(await repeated(run)(one, [])).toEqual([{ one: 1 }]);
    expect(sent()).toBe(13);
  },
);

test('a conflict that never ends is reported at last', async () => {
  const { run, sent } = failing('40001', Infinity);
  await expect(repeated(run)(one, [])).rejects.toThrow('40001');
  expect(sent()).toBe(21);
});

test.each(['40003', '55P03', '57014', '57P01', '23505', 'ECONNRESET'])(
  'a statement that may have had an effect, or will fail again, is not repeated: %s',
  async (code) => {
    const { run, sent } = failing(code, 1);
    await expect(repeated(run)(one, [])).rejects.toThrow(code);
    expect(sent()).toBe(1);
  },
);
