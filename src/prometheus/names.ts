// The metrics by name, each with what it tells, its kind and its labels. A dashboard or an alert that names another one fails the tests.
// Names and units follow Prometheus: base units, `_total` for counters. Labels are names of code, never ids.

const OF_RECEIVER = ['signal', 'receiver', 'queue'] as const;

export type Label = 'signal' | 'receiver' | 'queue' | 'outcome';

interface Metric {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly help: string;
  readonly labels: readonly Label[];
}

export const METRICS = {
  signalbox_emissions_total: { kind: 'counter', help: 'Emissions of this process whose transactions have committed.', labels: ['signal'] },
  signalbox_deliveries_total: {
    kind: 'counter',
    help: 'Runs of receivers in this process, by how they ended.',
    labels: [...OF_RECEIVER, 'outcome'],
  },
  signalbox_delivery_duration_seconds: {
    kind: 'histogram',
    help: 'Time that runs of receivers took, to their written outcome.',
    labels: OF_RECEIVER,
  },
  signalbox_delivery_lag_seconds: {
    kind: 'histogram',
    help: 'Time from when a delivery was due to when its receiver was called.',
    labels: OF_RECEIVER,
  },
  signalbox_rescued_total: {
    kind: 'counter',
    help: 'Deliveries that this process took back from workers that died.',
    labels: ['signal', 'receiver'],
  },
  signalbox_stale_total: {
    kind: 'counter',
    help: 'Runs that were void, for another worker had the delivery by then.',
    labels: OF_RECEIVER,
  },
  signalbox_maintenance_failures_total: {
    kind: 'counter',
    help: 'Runs of maintenance tasks that failed: retention may be behind.',
    labels: [],
  },
  signalbox_due: { kind: 'gauge', help: 'Deliveries that wait and are due, up to 10,000: of the whole database.', labels: OF_RECEIVER },
  signalbox_oldest_due_seconds: { kind: 'gauge', help: 'For how long the oldest of these has been due.', labels: OF_RECEIVER },
  signalbox_running: { kind: 'gauge', help: 'Deliveries that workers hold, up to 10,000: of the whole database.', labels: OF_RECEIVER },
  signalbox_later: {
    kind: 'gauge',
    help: 'Deliveries that wait for a later time, up to 10,000: of the whole database.',
    labels: OF_RECEIVER,
  },
  signalbox_dead: {
    kind: 'gauge',
    help: 'Dead deliveries, among the latest 50,000 that ended dead or cancelled: of the whole database.',
    labels: OF_RECEIVER,
  },
  signalbox_orphaned: {
    kind: 'gauge',
    help: '1 for a receiver for which deliveries wait and that no process has announced for a day.',
    labels: OF_RECEIVER,
  },
  signalbox_workers: { kind: 'gauge', help: 'Workers of all processes that are neither stopping nor lost.', labels: [] },
  signalbox_sample_age_seconds: {
    kind: 'gauge',
    help: 'Time since a worker last counted what waits: it does so every 15 seconds.',
    labels: [],
  },
  signalbox_database_up: {
    kind: 'gauge',
    help: '1 if the database answered this scrape, else 0: then the other gauges are absent.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** Seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];
