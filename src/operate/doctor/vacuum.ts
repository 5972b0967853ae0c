// Judges what keeps the tables small and fast: settings, old snapshots, dead rows, sizes, partitions.
import type { SnapshotHolder, StorageSetting, TableSize } from '../../store/doctor/doctor-store.ts';
import { dropSlot, endPrepared, endSession } from '../../store/doctor/remedies.ts';
import { count, type Finding, ok, size, time, warning } from './finding.ts';

const MOST_DEAD_ROWS = 50_000;
const LARGE_BYTES = 10 * 1_024 ** 3;

export interface VacuumFacts {
  /** As SQL takes it. */
  readonly schema: string;
  /** For each table the settings that it should have, as `name=value`. */
  readonly tuning: Readonly<Record<string, readonly string[]>>;
  readonly settings: readonly StorageSetting[];
  readonly holders: readonly SnapshotHolder[];
  readonly sizes: readonly TableSize[];
  /** Whether completed deliveries are removed in time. */
  readonly retains: boolean;
}

export function judgeVacuum(facts: VacuumFacts): Finding[] {
  return [tuning(facts), ...holders(facts), deadRows(facts), large(facts), partitions(facts)];
}

function tuning({ tuning: wanted, settings, schema }: VacuumFacts): Finding {
  const given = new Map<string, Set<string>>();
  for (const { table, setting } of settings) given.set(table, (given.get(table) ?? new Set()).add(setting));
  const without = Object.entries(wanted)
    // A table in partitions has no settings of its own.
    .filter(([table, list]) => given.has(table) && list.some((setting) => !given.get(table)!.has(setting)))
    .map(([table]) => `${schema}.${table}`);
  return without.length === 0
    ? ok('tuning', 'The storage settings are applied.')
    : warning(
        'tuning',
        `${without.join(', ')} ${without.length === 1 ? 'has' : 'have'} other storage settings: vacuum comes too late for tables that turn over.`,
        'npx drizzle-kit generate --custom --name signalbox-tuning, and fill it by: npx signalbox tuning',
      );
}

const HOLDERS: Readonly<Record<string, (holder: SnapshotHolder) => [what: string, remedy: string]>> = {
  transaction: ({ id }) => [`a transaction of the session ${id}`, endSession(id)],
  prepared: ({ id }) => [`the prepared transaction ${id}`, endPrepared(id)],
  slot: ({ id }) => [`the replication slot ${id}`, dropSlot(id)],
  standby: ({ id }) => [`a standby, by its hot_standby_feedback (session ${id})`, 'End the long query on the standby.'],
};

function holders({ holders: found }: VacuumFacts): Finding[] {
  if (found.length === 0) return [ok('vacuum', 'Nothing holds vacuum back.')];
  return found.map((holder) => {
    const [what, remedy] = HOLDERS[holder.kind]!(holder);
    const since = holder.age_seconds === null ? '' : ` for ${time(holder.age_seconds)}`;
    return warning('vacuum', `Vacuum is held back${since} by ${what}${holder.who ? ` (${holder.who})` : ''}: claims get slower.`, remedy);
  });
}

function deadRows({ sizes, schema }: VacuumFacts): Finding {
  const worst = sizes.filter(({ dead, live }) => dead > MOST_DEAD_ROWS && dead > live);
  return worst.length === 0
    ? ok('dead-rows', 'Few rows are dead.')
    : warning(
        'dead-rows',
        worst
          .map(({ table, dead, live }) => `${schema}.${table} has ${count(dead, 'dead row')} beside ${live.toLocaleString('en')} live ones`)
          .join('; ') + '.',
        worst.map(({ table }) => `vacuum (analyze) ${schema}.${table};`).join('\n'),
      );
}

function large({ sizes, retains }: VacuumFacts): Finding {
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  return total < LARGE_BYTES || retains
    ? ok('size', `The tables have ${size(total)}.`)
    : warning(
        'size',
        `The tables have ${size(total)}, and completed deliveries are kept for ever.`,
        "createSignalbox({ retention: { completed: '7d' } }), or: npx signalbox prune --older-than 7d",
      );
}

function partitions({ sizes, schema }: VacuumFacts): Finding {
  const held = sizes.filter((table) => table.in_default).map(({ table }) => `${schema}.${table}`);
  return held.length === 0
    ? ok('partitions', 'No rows are in a default partition.')
    : warning(
        'partitions',
        `${held.join(', ')} ${held.length === 1 ? 'has' : 'have'} rows: they came from a clock that is wrong, or no partition was made in time.`,
        'npx signalbox partitions',
      );
}
