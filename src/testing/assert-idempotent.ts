// assertIdempotent: whether a receiver may run again, and twice at once, for one delivery.
//
// It has one emission, so the receiver sees one idempotency key. (1) It runs, and its process dies between the receiver's last line and the settle:
// what its transaction wrote is rolled back, and what it did elsewhere stays. The rows as they are at that last line are what one run makes of
// them. (2) It runs again, to its end. (3) All is put back, and a receiver without a transaction runs twice at once: a worker that lost its lease goes on
// beside the one that took over. Of a receiver with a transaction one run waits for the other, and finds its delivery settled. After (2) and (3) the
// rows and the calls are compared with those of one run.
import { AssertionError } from 'node:assert';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import type { Signalbox } from '../box/box.ts';
import { type KnownParts, partsOf } from '../box/parts.ts';
import type { ComposedReceive } from '../core/compose.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { listOf, text } from '../core/rules.ts';
import { isSignal, type Signal } from '../core/signal.ts';
import { SignalboxError } from '../errors.ts';
import { restore, snapshotOf, type TableName, type TableSnapshot } from '../store/testing/snapshot.ts';
import { runStored, type StoredDelivery, storeFor } from './deliver.ts';
import { type MethodOf, oneMeant, type ReceivedBy, receiversMeant } from './receiver-of.ts';
import { type AnyRecorder, effectsOf, forgetSince } from './recorder.ts';
import { differencesOf } from './snapshot-difference.ts';

/** Options of {@link assertIdempotent}. */
export interface IdempotentOptions {
  /** The tables that are compared, row by row: those that the receiver writes. They are put back in between, which a superuser may do. */
  tables?: readonly PgTable[];
  /**
   * Columns that are not compared, as `orders.updated_at`. Identity columns, and those whose default is a sequence, the time or chance, never
   * are.
   */
  ignore?: readonly string[];
  /** The outside services that it calls, made by `recorder`. */
  calls?: readonly AnyRecorder[];
  /** The signal, if the method receives several. */
  signal?: Signal;
}

const OPTIONS: OptionTable<IdempotentOptions> = {
  tables: listOf('tables of Drizzle'),
  ignore: listOf('columns, each as table.column', text),
  calls: listOf('recorders', { wants: 'a recorder', accepts: (value) => typeof value === 'function' && 'effects' in value }),
  signal: { wants: 'a signal', accepts: isSignal },
};

/** What a run has made of the rows, and of the outside services. */
interface Made {
  readonly tables: readonly TableSnapshot[];
  readonly effects: readonly (readonly string[])[];
}

/**
 * @throws AssertionError that names the rows, columns and calls which differ; SignalboxError `ReceiverFailed` if the receiver fails,
 *   `InvalidOption`
 * @example await assertIdempotent(box, Receipts, 'onPaid', { paymentId: 1 }, { tables: [receipts], calls: [send] });
 */
export async function assertIdempotent<C extends Class, M extends MethodOf<C>>(
  box: Signalbox,
  service: C,
  method: M,
  payload: ReceivedBy<C, M>,
  options: IdempotentOptions,
): Promise<void> {
  checkOptions(options, OPTIONS, 'assertIdempotent');
  const { calls = [], ignore = [] } = options;
  const tables = (options.tables ?? []).map(tableName);
  if (tables.length + calls.length === 0)
    throw new SignalboxError(
      'InvalidOption',
      'assertIdempotent: neither tables nor calls are given, so nothing would be compared. Name what the receiver changes.',
    );
  const parts = partsOf(box);
  const receiver = oneMeant(receiversMeant(parts.receivers.all, service, method, 'assertIdempotent'), options.signal, 'assertIdempotent');
  const stored = await storeFor(parts, receiver, payload, {});
  const pool = parts.running.driver.run();
  const before = calls.map((one) => one.calls.length);
  const made = async (): Promise<Made> => ({ tables: await snapshotOf(pool, tables), effects: calls.map(effectsOf(before)) });
  const compare = (one: Made, other: Made, when: string): void => {
    const rows = differencesOf(one.tables, other.tables, new Set(ignore));
    const called = calls.flatMap((_, index) => callsThatDiffer(one.effects[index]!, other.effects[index]!, index));
    if (rows.length + called.length === 0) return;
    const message = [
      `${receiver.name} ${when}, and the outcome is not that of one run:`,
      ...[...rows, ...called].map((line) => `  ${line}`),
    ].join('\n');
    throw new AssertionError({ message, operator: 'assertIdempotent', stackStartFn: assertIdempotent });
  };

  const untouched = await snapshotOf(pool, tables);
  const once = await runAndDie(parts, stored, tables, () => calls.map(effectsOf(before)));
  await runThrough(parts, stored);
  compare(once, await made(), 'ran again after a crash between its last line and its settle');
  if (receiver.transactional) return;
  await restore(parts.inTransaction, untouched);
  for (const [index, one] of calls.entries()) forgetSince(one, before[index]!);
  await parts.store.testing.reopen(stored.emissionId);
  await runTwice(parts, stored);
  compare(once, await made(), 'ran twice at once');
}

/** Runs the receiver, looks at what it has made, and dies. Returns what it saw. */
async function runAndDie(
  parts: KnownParts,
  stored: StoredDelivery,
  tables: readonly TableName[],
  effects: () => Made['effects'],
): Promise<Made> {
  const { driver, transactions } = parts.running;
  let seen: Made | undefined;
  const dies: ComposedReceive = (_receiver, call) => async (payload, context) => {
    await call(payload, context);
    const { tx } = context as { tx?: object };
    const client = tx && transactions.scopeOf(tx)?.client;
    seen = { tables: await snapshotOf(driver.run(client), tables), effects: effects() };
    // Whatever keeps a receiver from being called costs no attempt, and its delivery waits.
    throw new SignalboxError('ExtensionFailed', 'The process died, for assertIdempotent.');
  };
  const { error } = await runStored(parts, stored, dies);
  if (!seen) throw failed(stored, error);
  await parts.store.testing.reopen(stored.emissionId);
  return seen;
}

async function runThrough(parts: KnownParts, stored: StoredDelivery): Promise<void> {
  const { ended, error } = await runStored(parts, stored);
  if (ended !== 'completed' && ended !== 'cancelled') throw failed(stored, error);
}

/**
 * Both runs wait for each other before the receiver is called; the first one's delivery is given to the second meanwhile. A run that ends without a call
 * (another worker took its delivery, an extension stopped it) is waited for by neither.
 */
async function runTwice(parts: KnownParts, stored: StoredDelivery): Promise<void> {
  let onFirst: () => void = () => {};
  let onSecond: () => void = () => {};
  const first = new Promise<void>((resolve) => (onFirst = resolve));
  const second = new Promise<void>((resolve) => (onSecond = resolve));
  let count = 0;
  const meets: ComposedReceive = (_receiver, call) => async (payload, context) => {
    if (++count === 1) onFirst();
    else onSecond();
    await second;
    return call(payload, context);
  };
  const one = runStored(parts, stored, meets);
  await Promise.race([first, one]);
  await parts.store.testing.reopen(stored.emissionId);
  const other = runStored(parts, stored, meets).finally(onSecond);
  const results = await Promise.all([one, other]);
  const completed = results.find(({ ended }) => ended === 'completed' || ended === 'cancelled');
  // One of them may fail, on a constraint that keeps it from acting twice; then it would be tried again.
  if (!completed) await runThroughAgain(parts, stored);
}

async function runThroughAgain(parts: KnownParts, stored: StoredDelivery): Promise<void> {
  await parts.store.testing.reopen(stored.emissionId);
  await runThrough(parts, stored);
}

function callsThatDiffer(one: readonly string[], other: readonly string[], index: number): string[] {
  const left = [...one];
  const more = other.filter((call) => {
    const at = left.indexOf(call);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...more.map((call) => `calls[${index}] acted once more: ${call}`), ...left.map((call) => `calls[${index}] did not act: ${call}`)];
}

const failed = ({ receiver }: StoredDelivery, cause: unknown): SignalboxError =>
  new SignalboxError('ReceiverFailed', `${receiver.name} failed in assertIdempotent. Its error is the cause.`, {
    cause,
    details: { committed: true, causes: [cause], failures: [{ receiver: receiver.name, deliveryId: undefined, cause }] },
  });

function tableName(table: PgTable): TableName {
  const { schema = 'public', name } = getTableConfig(table);
  return { schema, name };
}
