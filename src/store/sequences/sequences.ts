// Identity sequences that are behind their table. Sequences are not replicated by logical replication, so after a move or an upgrade by
// it, and after some restores, a sequence begins again at ids that its table has: every emit is refused, and the sender's transaction
// with it; or an error of a run, or an announcement.
//
// The race: `setval` compares nothing. Between a read of a sequence and its advance another session may take values, and the advance
// would set it back behind them. So the repair locks the table first, which waits until no insert is under way and keeps new ones out,
// reads the sequence, and advances it only if it is behind. The highest id is read before the lock, for that takes long: what is
// inserted after it has an id of the sequence, and the sequence is only advanced. Rows that arrive by replication meanwhile have ids of
// another server: the margin is for them.
//
// One table at a time, each in a transaction of its own: a transaction that locks two tables in the order opposite to that of a sender
// would make a deadlock. A wait for a lock stops all that come behind it, so it is short, and is tried again.
import { setTimeout as wait } from 'node:timers/promises';
import type { Run } from '../../drivers/driver.ts';
import { constraintOf, sqlState } from '../../drivers/error-kind.ts';
import type { Statement } from '../../drivers/statement.ts';
import { SignalboxError } from '../../errors.ts';
import type { Namespace } from '../namespace.ts';
import type { InTransaction } from '../own-run.ts';
import * as sql from './sequences.sql.ts';

/** A sequence that would give an id which its table has. */
export interface SequenceLag {
  /** `signalbox.delivery` */
  readonly table: string;
  /** The id that it would give next. A bigint as text. */
  readonly next: string;
  /** The highest id that the table is known to have, likewise. */
  readonly highest: string;
}

/** A sequence that was advanced. */
export interface SequenceRepair {
  /** `signalbox.delivery` */
  readonly table: string;
  /** The id that it would have given. A bigint as text. */
  readonly from: string;
  /** Its last value now: the next id is one higher. */
  readonly to: string;
}

const LOCK_TIMEOUT_MS = 2_000;
const TRIES = 5;
/** Ids left free behind the highest: for rows that replication still brings. */
const MARGIN = 100_000n;
/** An int4, of which a program uses a handful. */
const RECEIVER_MARGIN = 1_000n;

interface Repairs {
  readonly lock: Statement<Record<never, never>>;
  readonly advance: typeof sql.advanceDelivery;
}

const REPAIRS: Readonly<Record<string, Repairs>> = {
  delivery: { lock: sql.lockDelivery, advance: sql.advanceDelivery },
  receiver: { lock: sql.lockReceiver, advance: sql.advanceReceiver },
  delivery_error: { lock: sql.lockDeliveryError, advance: sql.advanceDeliveryError },
  audit_entry: { lock: sql.lockAuditEntry, advance: sql.advanceAuditEntry },
};

/** Those that are behind, as far as this role may read them. */
export async function sequencesBehind(run: Run, { schema }: Namespace): Promise<SequenceLag[]> {
  const doubted = (await run(sql.identities, [])).filter(
    ({ highest, last, readable }) => readable && highest !== null && (last === null || BigInt(last) < BigInt(highest)),
  );
  if (doubted.length === 0) return [];
  const nexts = new Map((await run(sql.nextValues, [])).map(({ table, next }) => [table, next]));
  return doubted
    .map(({ table, highest }) => ({ table, next: nexts.get(table)!, highest: highest! }))
    .filter(({ next, highest }) => BigInt(next) <= BigInt(highest))
    .map((lag) => ({ ...lag, table: `${schema}.${lag.table}` }));
}

/** The error for them. */
export function sequenceBehind(lags: readonly SequenceLag[]): SignalboxError<'SequenceBehind'> {
  const each = lags.map(({ table, next, highest }) => `${table} (the next id is ${next}, and it has ${highest})`).join(', ');
  return new SignalboxError(
    'SequenceBehind',
    `The identity sequence is behind its table, as after logical replication, which copies no sequences: ${each}. What inserts there is refused. Run: npx signalbox repair sequences`,
    { details: { behind: lags } },
  );
}

/** Primary keys whose values come from a sequence. */
const KEYS = new Map(Object.keys(REPAIRS).map((table) => [`${table}_pkey`, table]));

/** The error for an insert that the server refused because its id is taken; undefined for any other. */
export function takenId(schema: string, error: unknown): SignalboxError<'SequenceBehind'> | undefined {
  const table = KEYS.get(constraintOf(error) ?? '');
  if (table === undefined || sqlState(error) !== '23505') return undefined;
  return new SignalboxError(
    'SequenceBehind',
    `An insert was refused: the identity sequence of ${schema}.${table} gives ids that the table has already, as after logical replication, which copies no sequences. Run: npx signalbox repair sequences`,
    { cause: error, details: { behind: [] } },
  );
}

/** Advances those that are behind. @throws SignalboxError `SequenceBehind` if a table cannot be locked */
export async function repairSequences(run: Run, namespace: Namespace, inTransaction: InTransaction): Promise<SequenceRepair[]> {
  const repairs: SequenceRepair[] = [];
  const highest = await run(sql.highestIds, []);
  const nexts = new Map((await run(sql.nextValues, [])).map(({ table, next }) => [table, BigInt(next)]));
  // What is not behind now never will be by itself, and its table is not locked.
  for (const row of highest.filter((row) => nexts.get(row.table)! <= BigInt(row.highest))) {
    const repair = await repairTable(namespace, inTransaction, row);
    if (repair) repairs.push({ table: `${namespace.schema}.${row.table}`, ...repair });
  }
  return repairs;
}

type Highest = { readonly table: string; readonly highest: string };

async function repairTable(
  namespace: Namespace,
  inTransaction: InTransaction,
  { table, highest }: Highest,
): Promise<{ from: string; to: string } | undefined> {
  const { lock, advance } = REPAIRS[table]!;
  const to = BigInt(highest) + (table === 'receiver' ? RECEIVER_MARGIN : MARGIN);
  for (let time = 1; ; time++) {
    try {
      return await inTransaction(async (of) => {
        const run = namespace.on(of);
        await run(sql.boundLockWaits, [String(LOCK_TIMEOUT_MS)]);
        await run(lock, []);
        return (await run(advance, [highest, String(to)]))[0];
      });
    } catch (error) {
      // 55P03: the wait was too long.
      if (sqlState(error) !== '55P03') throw error;
      if (time === TRIES) throw locked(`${namespace.schema}.${table}`, error);
    }
    await wait(LOCK_TIMEOUT_MS / 4);
  }
}

const locked = (table: string, cause: unknown): SignalboxError<'SequenceBehind'> =>
  new SignalboxError(
    'SequenceBehind',
    `The sequence of ${table} could not be repaired: an open transaction that has inserted there did not end in ${(TRIES * LOCK_TIMEOUT_MS) / 1_000} s. End it, or the sender, and run it again: npx signalbox repair sequences`,
    { cause, details: { behind: [] } },
  );
