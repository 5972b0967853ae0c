// The faults that a statement can meet, and their causes. The server itself causes its faults: it raises an error in
// the statement's own transaction, which aborts it, or ends the session. A proxy in front of the server causes those of
// the network.
import type { Param, Run } from '../../src/drivers/driver.ts';
import { statement, type Statement } from '../../src/drivers/statement.ts';
import { ON_PURPOSE } from '../evidence/evidence.ts';
import type { Proxy } from '../processes/proxy.ts';

/** A statement that is being sent. */
export interface Sending {
  readonly run: Run;
  readonly statement: Statement;
  readonly params: readonly Param[];
  readonly proxy: Proxy;
}

type Bring = (sending: Sending) => Promise<readonly object[]>;

const raise =
  (code: string): Bring =>
  async ({ run }) =>
    run(statement({})`do $$ begin raise exception 'a fault' using errcode = '${code}'; end $$`, []);

/** Matches only this statement. */
export const textOf = (statement: string): RegExp => new RegExp(`^${statement.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

const loseSocket =
  (loss: 'never sent' | 'its answer is lost'): Bring =>
  async ({ run, statement: sent, params, proxy }) => {
    void proxy.next(textOf(sent.text), loss);
    return run(sent, params);
  };

export const FAULTS = {
  // Not a kind that is known to pass: before a receiver is called, it counts as a failed attempt.
  'fails before it is sent': async () => {
    throw new Error(`${ON_PURPOSE} it was not sent`);
  },
  'is executed, and its caller sees an error': async ({ run, statement: sent, params }) => {
    await run(sent, params);
    throw new Error(`${ON_PURPOSE} it was executed`);
  },
  'cannot be serialized (40001)': raise('40001'),
  'is the victim of a deadlock (40P01)': raise('40P01'),
  'cannot have its lock (55P03)': raise('55P03'),
  'is cancelled (57014)': raise('57014'),
  // The sleep gives the server the chance to see its own signal.
  'finds its session ended by the server (57P01)': async ({ run }) =>
    run(statement({})`select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)`, []),
  'never reaches the server, as its connection is lost': loseSocket('never sent'),
  'is executed, and its connection is lost before the answer': loseSocket('its answer is lost'),
} as const satisfies Record<string, Bring>;

export type Fault = keyof typeof FAULTS;
