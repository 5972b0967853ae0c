// signalbox/prometheus: the metrics of a box in a registry of prom-client. Counters and histograms come from this process's own events;
// gauges are of the whole database, read at each scrape from what a worker has counted, so a scrape reads no delivery.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Signalbox } from '../box/box.ts';
import type { DeliveryEvent } from '../observe/event-types.ts';
import { BUCKETS, METRICS, type MetricName } from './names.ts';
import { type Reading, readingOf } from './reading.ts';

type Labels = Record<string, string>;

/** A scrape asks each gauge, and all of them are of one reading. */
const FRESH_MS = 1_000;

/**
 * Registers the metrics of a box. Returns the undo. A scrape never fails for the database: then `signalbox_database_up` is 0.
 * Two boxes need a registry each, or registries with default labels that are merged.
 * @throws Error of prom-client if the registry has metrics of these names
 * @example
 * const register = new Registry();
 * registerMetrics(register, box);
 * app.get('/metrics', async (c) => c.text(await register.metrics()));
 */
export function registerMetrics(register: Registry, box: Pick<Signalbox, 'on' | 'tallies' | 'workers' | 'receivers'>): () => void {
  const about = (name: MetricName) => ({ name, help: METRICS[name].help, labelNames: [...METRICS[name].labels], registers: [register] });
  const counter = (name: MetricName): Counter => new Counter(about(name));
  const histogram = (name: MetricName): Histogram => new Histogram({ ...about(name), buckets: BUCKETS });

  const emissions = counter('signalbox_emissions_total');
  const deliveries = counter('signalbox_deliveries_total');
  const duration = histogram('signalbox_delivery_duration_seconds');
  const lag = histogram('signalbox_delivery_lag_seconds');
  const rescued = counter('signalbox_rescued_total');
  const stale = counter('signalbox_stale_total');
  const failures = counter('signalbox_maintenance_failures_total');

  const ended = (outcome: string) => (event: DeliveryEvent & { readonly durationMs?: number }) => {
    const labels = labelsOf(event);
    deliveries.inc({ ...labels, outcome });
    if (event.durationMs !== undefined) duration.observe(labels, event.durationMs / 1_000);
  };
  const off = [
    box.on('emission.stored', ({ signal }) => emissions.inc({ signal })),
    box.on('delivery.started', (event) => lag.observe(labelsOf(event), event.lagMs / 1_000)),
    box.on('delivery.completed', ended('completed')),
    box.on('delivery.retrying', ended('retrying')),
    box.on('delivery.dead', ended('dead')),
    box.on('delivery.cancelled', ended('cancelled')),
    box.on('delivery.released', ended('released')),
    box.on('delivery.stale', (event) => stale.inc(labelsOf(event))),
    box.on('delivery.rescued', ({ signal, receiver }) => rescued.inc({ signal, receiver })),
    box.on('maintenance.failed', () => failures.inc()),
  ];

  const read = rarely(() => readingOf(box));
  for (const name of Object.keys(METRICS) as MetricName[]) if (METRICS[name].kind === 'gauge') register.registerMetric(gaugeOf(name, read));

  return () => {
    for (const undo of off) undo();
    for (const name of Object.keys(METRICS)) register.removeSingleMetric(name);
  };
}

function gaugeOf(name: MetricName, read: () => Promise<Reading>): Gauge {
  const { help, labels: labelNames } = METRICS[name];
  return new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [],
    async collect() {
      const values = (await read())[name as keyof Reading] ?? [];
      // Receivers that have gone have no value any more.
      this.reset();
      if (values.length === 0 && labelNames.length === 0) this.remove();
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}

const labelsOf = ({ signal, receiver, queue }: DeliveryEvent): Labels => ({ signal, receiver, queue });

/** Calls that come within a moment share one result. */
function rarely<T>(work: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly result: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > FRESH_MS) last = { at: now, result: work() };
    return last.result;
  };
}
