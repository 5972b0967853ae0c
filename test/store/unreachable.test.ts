// Errors that say that no database is available: one code for all of them, with the reason.
import { expect, test } from 'vitest';
import type { Driver } from '../../src/drivers/driver.ts';
import { hasConnectionCode } from '../../src/drivers/error-kind.ts';
import { SignalboxError } from '../../src/errors.ts';
import { contacting, reaching } from '../../src/store/unreachable.ts';

const driver = { isConnectionLoss: hasConnectionCode } as Driver;
const coded = (code: string, more: object = {}): Error => Object.assign(new Error(`reason ${code}`), { code, ...more });
const throwing = (error: unknown) => async (): Promise<never> => {
  throw error;
};

test.each(['57P01', '57P03', '08006', 'ECONNREFUSED', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '28P01', '28000', '3D000', '53300'])(
  '%s: the server could not be reached',
  async (code) => {
    await expect(reaching(driver, throwing(coded(code)))).rejects.toMatchObject({
      code: 'DatabaseUnreachable',
      message: expect.stringContaining(`could not be reached: reason ${code}`) as string,
      cause: { code },
    });
  },
);

test.each([coded('25006'), coded('0A000', { routine: 'GetSerializableTransactionSnapshot' })])(
  '%s: the server accepts no writes',
  async (error) => {
    await expect(reaching(driver, throwing(error))).rejects.toMatchObject({
      code: 'DatabaseUnreachable',
      message: expect.stringContaining('takes no writes') as string,
    });
  },
);

test.each([
  coded('23505'),
  coded('40001'),
  coded('0A000'),
  new TypeError('not ours'),
  new SignalboxError('BoxClosed', 'closed', { cause: coded('57P01') }),
])('%s is passed on unchanged', async (error) => {
  await expect(reaching(driver, throwing(error))).rejects.toBe(error);
});

test('a first contact without an answer of the server means an unreachable database, whatever the error', async () => {
  const tls = coded('SELF_SIGNED_CERT_IN_CHAIN');
  await expect(reaching(driver, throwing(tls))).rejects.toBe(tls);
  await expect(contacting(driver, throwing(tls))).rejects.toMatchObject({ code: 'DatabaseUnreachable', cause: tls });
  const answer = coded('42501', { severity: 'ERROR' });
  await expect(contacting(driver, throwing(answer))).rejects.toBe(answer);
});
