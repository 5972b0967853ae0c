// The result of an announcement: the catalogue before it and after it, as a deploy wants to read it. Announcing itself is
// catalogue.ts. Another process that announces at the same moment may make it say `added` twice: nothing follows from it.
import { buriedName } from '../../core/renames.ts';
import type { RowOf } from '../../drivers/statement.ts';
import type { Catalogue } from './catalogue.ts';
import type { listReceivers } from './catalogue.sql.ts';
import type { Store } from '../store.ts';
import { waitingElsewhere } from './unserved.ts';

/** A receiver as the catalogue has it. */
export interface CataloguedReceiver {
  readonly name: string;
  readonly signal: string;
  /** Other names under which the catalogue knows it. */
  readonly formerly: readonly string[];
  readonly queue: string;
  readonly priority: number;
  /** False: it was retired under this name, or no process has announced it so for 400 days. A receiver gets new deliveries while one of its names is live. */
  readonly live: boolean;
}

/** A receiver that the catalogue has and this box does not. */
export interface AbsentReceiver extends CataloguedReceiver {
  /** Due deliveries that no worker has taken. Not counted beyond 1,000. */
  readonly waiting: number;
}

/** The catalogue after an announcement. Each list is in the order of signals and names. */
export interface Announcement {
  /** Receivers of this box that the catalogue did not know. */
  readonly added: readonly CataloguedReceiver[];
  /** Those whose queue, priority or former names are others than before, or that had been retired. */
  readonly changed: readonly CataloguedReceiver[];
  readonly unchanged: readonly CataloguedReceiver[];
  /** Other names of this box's receivers: what was and is emitted for them is run by this box too. */
  readonly former: readonly CataloguedReceiver[];
  /** Receivers of the catalogue that this box does not have: those of other programs, or of code that is gone. */
  readonly elsewhere: readonly AbsentReceiver[];
}

/** Announces the receivers of this process, and tells what is then there. @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, `SequenceBehind` */
export async function announceAll(store: Store, catalogue: Catalogue): Promise<Announcement> {
  await store.checkForWork();
  const before = new Map((await list(store)).map((row) => [keyOf(row), JSON.stringify(receiverOf(row))]));
  await catalogue.announceAnew();
  const own = new Set(catalogue.receivers.all.map(({ name, signal }) => keyOf({ name, signal: signal.name })));
  const rows = await list(store);
  const ownRoots = new Set(rows.filter((row) => own.has(keyOf(row))).map(({ root }) => root));
  const waiting = new Map((await waitingElsewhere(store, catalogue, { dueForSeconds: 0 })).map((row) => [keyOf(row), row.waiting]));
  const announcement = { added: [], changed: [], unchanged: [], former: [], elsewhere: [] } as {
    [List in keyof Announcement]: Announcement[List][number][];
  };
  for (const row of rows) {
    const receiver = receiverOf(row);
    const known = before.get(keyOf(row));
    if (own.has(keyOf(row)))
      announcement[known === undefined ? 'added' : known === JSON.stringify(receiver) ? 'unchanged' : 'changed'].push(receiver);
    else if (ownRoots.has(row.root)) announcement.former.push(receiver);
    else if (row.latest) announcement.elsewhere.push({ ...receiver, waiting: waiting.get(keyOf(row)) ?? 0 });
  }
  return announcement;
}

type Listed = RowOf<typeof listReceivers.columns> & { readonly formerly: readonly string[] };

/** The names that the catalogue has, but for those that are buried, each with the others of its receiver. */
async function list(store: Store): Promise<Listed[]> {
  const rows = (await store.catalogue.list()).filter(({ name }) => buriedName(name) === undefined);
  const names = new Map<number, string[]>();
  for (const { root, name } of rows) names.set(root, [...(names.get(root) ?? []), name]);
  return rows.map((row) => ({ ...row, formerly: names.get(row.root)!.filter((name) => name !== row.name) }));
}

const receiverOf = ({ name, signal, formerly, queue, priority, live }: Listed): CataloguedReceiver => ({
  name,
  signal,
  formerly,
  queue,
  priority,
  live,
});

/** Names hold no space, so this joins without doubt. */
const keyOf = ({ name, signal }: { name: string; signal: string }): string => `${signal} ${name}`;
