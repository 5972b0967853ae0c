// What an announcement did: the catalogue before it and after it, as a deploy wants to read it. Announcing itself is
// catalogue.ts. Another process that announces at the same moment may make it say `added` twice: nothing follows from it.
import type { Receiver } from '../core/receivers.ts';
import type { Run } from '../drivers/driver.ts';
import { statement } from '../drivers/statement.ts';
import type { Catalogue } from './catalogue.ts';
import { explained } from './migration.ts';
import { FORGET_RECEIVERS_AFTER } from './statements.ts';
import type { Store } from './store.ts';
import { waitingElsewhere } from './waiting.ts';

/**
 * The whole catalogue, by signal and name. No parameters. Locks nothing. A row of a receiver for each signal: hundreds, at
 * most. `live` as in the append, which gives deliveries to such rows only.
 */
export const listReceivers = statement({ name: 'text', signal: 'text', formerly: 'text', queue: 'text', priority: 'int', live: 'bool' })`
select r.name, r.signal, array_to_json(r.formerly)::text as formerly, r.queue, r.priority,
  r.retired_at is null and r.last_seen_at > statement_timestamp() - ${FORGET_RECEIVERS_AFTER} as live
from signalbox.receiver r
order by r.signal, r.name`;

/** A receiver as the catalogue has it. */
export interface CataloguedReceiver {
  readonly name: string;
  readonly signal: string;
  readonly formerly: readonly string[];
  readonly queue: string;
  readonly priority: number;
  /** False: it was retired, or no process has announced it for 400 days, and it gets no new deliveries. */
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
  /** Former names of this box's receivers: their deliveries are run, and they get no new ones. */
  readonly former: readonly CataloguedReceiver[];
  /** What the catalogue has and this box does not: other programs', or such as nobody has any more. */
  readonly elsewhere: readonly AbsentReceiver[];
}

/** Announces the receivers of this process, and tells what is then there. @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing` */
export async function announceAll(store: Store, catalogue: Catalogue, run: Run): Promise<Announcement> {
  await store.check();
  const list = async (): Promise<CataloguedReceiver[]> =>
    (await explained(run)(listReceivers, [])).map((row) => ({ ...row, formerly: JSON.parse(row.formerly) as string[] }));
  const before = new Map((await list()).map((row) => [keyOf(row), row]));
  await catalogue.refresh();
  const { all } = catalogue.receivers;
  const own = new Set(all.map((receiver) => keyOf(nameOf(receiver))));
  const former = new Set(all.flatMap(({ formerly, signal }) => formerly.map((name) => keyOf({ name, signal: signal.name }))));
  const announcement = { added: [], changed: [], unchanged: [], former: [], elsewhere: [] } as Record<
    keyof Announcement,
    CataloguedReceiver[]
  >;
  for (const row of await list()) {
    const known = before.get(keyOf(row));
    const place = own.has(keyOf(row)) ? placeOf(row, known) : former.has(keyOf(row)) ? 'former' : 'elsewhere';
    announcement[place].push(row);
  }
  const waiting = new Map((await waitingElsewhere(run, catalogue, { dueForSeconds: 0 })).map((row) => [keyOf(row), row.waiting]));
  return { ...announcement, elsewhere: announcement.elsewhere.map((row) => ({ ...row, waiting: waiting.get(keyOf(row)) ?? 0 })) };
}

function placeOf(row: CataloguedReceiver, before: CataloguedReceiver | undefined): 'added' | 'changed' | 'unchanged' {
  if (!before) return 'added';
  return JSON.stringify(row) === JSON.stringify(before) ? 'unchanged' : 'changed';
}

const nameOf = ({ name, signal }: Receiver): { name: string; signal: string } => ({ name, signal: signal.name });

/** Names hold no space, so this joins without doubt. */
const keyOf = ({ name, signal }: { name: string; signal: string }): string => `${signal} ${name}`;
