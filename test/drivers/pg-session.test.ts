// A dedicated connection on node-postgres that is lost, or cannot be made.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { openSession } from '../../src/drivers/pg-session.ts';
import { statement } from '../../src/drivers/statement.ts';

const one = statement({ one: 'int' })`select 1 as one`;

class FakeClient extends EventEmitter {
  readonly processID: number;
  readonly #refusal: Error | undefined;
  ended = false;
  lost = false;

  constructor(processID: number, refusal?: Error) {
    super();
    this.processID = processID;
    this.#refusal = refusal;
  }

  async connect(): Promise<void> {
    if (this.#refusal) throw this.#refusal;
  }

  async query(): Promise<{ rows: string[][] }> {
    if (this.lost) throw new Error('Client has encountered a connection error and is not queryable');
    return { rows: [['1']] };
  }

  async end(): Promise<void> {
    this.ended = true;
  }

  lose(): void {
    this.lost = true;
    this.emit('end');
  }
}

/** A session whose connections are refused `refusals` times. */
function open(...refusals: Error[]) {
  const clients: FakeClient[] = [];
  let losses = 0;
  const makeClient = (): FakeClient => {
    const client = new FakeClient(100 + clients.length, refusals[clients.length]);
    clients.push(client);
    return client;
  };
  return { clients, losses: () => losses, session: openSession(makeClient, () => void losses++) };
}

test('a session whose connection is lost reports it, and its next use makes another connection', async () => {
  const { clients, losses, session } = open();
  expect(await session.run(one, [])).toEqual([{ one: 1 }]);
  expect(session.lastPid()).toBe(100);
  clients[0]!.lose();
  expect(losses()).toBe(1);
  expect(await session.run(one, [])).toEqual([{ one: 1 }]);
  expect([clients.length, session.lastPid()]).toEqual([2, 101]);
  await session.close();
  expect(clients[1]!.ended).toBe(true);
});

test('an old connection that reports its end late does not end the new one', async () => {
  const { clients, session } = open();
  await session.run(one, []);
  clients[0]!.emit('error', new Error('read ECONNRESET'));
  await session.run(one, []);
  clients[0]!.lose();
  await session.run(one, []);
  expect(clients).toHaveLength(2);
});

test('a connection that cannot be made is ended, and the next use tries again', async () => {
  const { clients, session } = open(new Error('refused'));
  await expect(session.run(one, [])).rejects.toThrow('refused');
  expect(clients[0]!.ended).toBe(true);
  expect(await session.run(one, [])).toEqual([{ one: 1 }]);
  expect(clients).toHaveLength(2);
});
