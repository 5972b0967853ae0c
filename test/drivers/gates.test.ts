// The clients that drivers put in front of others: the calls that pass a gate first, and the client that a call
// reaches.
import { expect, test } from 'vitest';
import type { Gate } from '../../src/drivers/driver.ts';
import { gated, passing } from '../../src/drivers/client-proxy.ts';
import { postgresJs } from '../../src/drivers/postgres-js.ts';

const ended = new Error('ended');

const closed: Gate = {
  enter: () => {
    throw ended;
  },
  watch: () => {},
  lose: () => {},
};

type Call = (...args: unknown[]) => unknown;

test('every member of a postgres.js client that sends something passes the gate first; the others do not', () => {
  const called: string[] = [];
  const member =
    (name: string): Call =>
    () =>
      called.push(name);
  const sending = ['unsafe', 'file', 'savepoint', 'begin', 'reserve', 'subscribe'];
  const client = Object.assign(member('template'), Object.fromEntries([...sending, 'json'].map((name) => [name, member(name)])));
  const guarded = postgresJs({ options: { max: 1 } } as never).guard(client, closed) as Call & Record<string, Call>;
  for (const name of sending) expect(() => guarded[name]!()).toThrow(ended);
  expect(() => guarded(['select 1'])).toThrow(ended);
  guarded['json']!();
  expect(called).toEqual(['json']);
});

test('a query of postgres.js that was built in time but is sent too late is refused', async () => {
  let open = true;
  const gate: Gate = { ...closed, enter: () => (open ? undefined : closed.enter()) };
  // Like a query of postgres.js: it is sent when its result is requested.
  const query = Object.assign(Promise.resolve('sent'), { handler: null, strings: null });
  const guarded = postgresJs({ options: { max: 1 } } as never).guard({ unsafe: () => query }, gate) as Record<string, Call>;
  const built = guarded['unsafe']!('select 1') as Promise<unknown>;
  open = false;
  await expect((async () => built)()).rejects.toThrow(ended);
});

test('every member of another client that sends something passes the gate first; the others do not', () => {
  const guarded = gated({ query: () => 'sent', escape: () => 'escaped' }, new Set(['query']), closed) as Record<string, Call>;
  expect(() => guarded['query']!()).toThrow(ended);
  expect(guarded['escape']!()).toBe('escaped');
});

test('a method reaches the client that is current at its call, even if it was read before', () => {
  let current = { query: () => 'pool' };
  const client = passing(() => current) as Record<string, Call>;
  const query = client['query']!;
  current = { query: () => 'transaction' };
  expect([query(), client['query']!()]).toEqual(['transaction', 'transaction']);
});
