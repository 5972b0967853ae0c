// One reading of the database for all gauges of a scrape. It never rejects, and does not wait for ever: a scrape has a time limit of its own.
import type { Signalbox } from '../box/box.ts';
import { DAY_MS } from '../core/duration.ts';
import type { METRICS } from './names.ts';

export interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type GaugeName = { [Name in keyof typeof METRICS]: (typeof METRICS)[Name]['kind'] extends 'gauge' ? Name : never }[keyof typeof METRICS];

/** The values of each gauge; of those that are missing nothing is known. */
export type Reading = Partial<Record<GaugeName, readonly Value[]>>;

/** Prometheus gives a scrape ten seconds. */
const PATIENCE_MS = 5_000;

const alone = (value: number): Value[] => [{ labels: {}, value }];

export async function readingOf(box: Pick<Signalbox, 'tallies' | 'workers' | 'receivers'>): Promise<Reading> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reading>((resolve) => {
    timer = setTimeout(() => resolve({ signalbox_database_up: alone(0) }), PATIENCE_MS);
    timer.unref();
  });
  try {
    return await Promise.race([late, read(box)]);
  } catch {
    return { signalbox_database_up: alone(0) };
  } finally {
    clearTimeout(timer);
  }
}

async function read({ tallies, workers, receivers }: Pick<Signalbox, 'tallies' | 'workers' | 'receivers'>): Promise<Reading> {
  const [gauges, enrolled, listed] = await Promise.all([tallies.gauges(), workers.list(), receivers.list()]);
  const now = Date.now();
  const seen = new Map(
    listed.map(({ signal, receiver, lastSeenAt, live }) => [`${signal} ${receiver}`, live ? (lastSeenAt?.getTime() ?? 0) : 0]),
  );
  const all = gauges.map((gauge) => ({ ...gauge, labels: { signal: gauge.signal, receiver: gauge.receiver, queue: gauge.queue } }));
  const each = (valueOf: (gauge: (typeof all)[number]) => number): Value[] =>
    all.map((gauge) => ({ labels: gauge.labels, value: valueOf(gauge) }));
  return {
    signalbox_due: each(({ due }) => due.count),
    signalbox_oldest_due_seconds: each(({ oldestDue }) => (oldestDue ? Math.max(0, now - oldestDue.getTime()) / 1_000 : 0)),
    signalbox_running: each(({ running }) => running.count),
    signalbox_later: each(({ later }) => later.count),
    signalbox_dead: each(({ dead }) => dead.count),
    signalbox_orphaned: each(({ signal, receiver, due, later }) =>
      due.count + later.count > 0 && (seen.get(`${signal} ${receiver}`) ?? 0) < now - DAY_MS ? 1 : 0,
    ),
    signalbox_workers: alone(enrolled.filter(({ state }) => state === 'working').length),
    ...(gauges.length > 0 && {
      signalbox_sample_age_seconds: alone(Math.max(0, now - Math.max(...gauges.map(({ sampledAt }) => sampledAt.getTime()))) / 1_000),
    }),
    signalbox_database_up: alone(1),
  };
}
