// The supported databases, and the errors that are faults of the network.
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { sqlState } from '../../src/drivers/error-kind.ts';
import { postgresJs } from '../../src/drivers/postgres-js.ts';
import { createSignalbox } from '../../src/index.ts';

const client = postgres('postgres://x@127.0.0.1:9/x');

test.each([undefined, null, 7, {}, { $client: {} }, { $client: () => {} }, client])('%s is no supported database', (db) => {
  expect(() => createSignalbox({ db: db as never })).toThrow(expect.objectContaining({ code: 'UnsupportedDatabase' }));
});

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error('x', { cause }), { code });

test.each(['08006', '57P01', '57P02', '57P03', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])(
  '%s means that the connection is lost, even inside other errors',
  (code) => {
    const { isConnectionLoss } = postgresJs(client as never);
    expect(isConnectionLoss(coded(code))).toBe(true);
    expect(isConnectionLoss(new Error('outer', { cause: new Error('middle', { cause: coded(code) }) }))).toBe(true);
  },
);

test.each([coded('23505'), coded('57014'), coded('40001'), coded('ENOENT'), new Error('CONNECTION_CLOSED'), 'ECONNREFUSED', null])(
  '%s does not mean that the connection is lost',
  (error) => {
    expect(postgresJs(client as never).isConnectionLoss(error)).toBe(false);
  },
);

test('the SQLSTATE of an error is found inside others, and no other code is taken for one', () => {
  expect(sqlState(new Error('outer', { cause: coded('40P01') }))).toBe('40P01');
  expect(sqlState(coded('ECONNREFUSED', coded('08006')))).toBe('08006');
  expect([sqlState(coded('ERR_X')), sqlState('40P01'), sqlState(undefined)]).toEqual([undefined, undefined, undefined]);
  // Codes of sockets, although they have five letters.
  expect([sqlState(coded('EPIPE')), sqlState(coded('EBADF'))]).toEqual([undefined, undefined]);
  const circular = new Error('x');
  circular.cause = circular;
  expect(sqlState(circular)).toBeUndefined();
});
