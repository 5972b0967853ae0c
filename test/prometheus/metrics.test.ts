// The metrics of a box, as a scrape reads them.
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal } from '../../src/index.ts';
import { partsOf } from '../../src/box/parts.ts';
import { registerMetrics } from '../../src/prometheus/metrics.ts';
import { METRICS } from '../../src/prometheus/names.ts';
import { harness } from '../support/harness.ts';

const paid = defineSignal('metrics.paid', z.object({ n: z.number() }));
const OF = 'signal="metrics.paid",receiver="Mail.send",queue="default"';

test('a scrape has what this process did and what waits in the database, and the undo removes all of it', async () => {
  await using h = await harness();
  const register = new Registry();
  const off = registerMetrics(register, h.box);
  h.box.receivers.connect(
    paid,
    async ({ n }) => {
      if (n > 1) throw new Error('on purpose');
    },
    { name: 'Mail.send', retry: { attempts: 2, delay: '1h' } },
  );
  await h.db.transaction(async (tx) => {
    for (const n of [0, 1, 2]) await paid.emitReliable(tx, { n });
  });
  await h.box.drain();
  await partsOf(h.box).store.tallies.sample();
  const text = await register.metrics();
  const lines = text.split('\n');
  for (const line of [
    'signalbox_emissions_total{signal="metrics.paid"} 3',
    `signalbox_deliveries_total{${OF},outcome="completed"} 2`,
    `signalbox_deliveries_total{${OF},outcome="retrying"} 1`,
    `signalbox_delivery_duration_seconds_count{${OF}} 3`,
    `signalbox_delivery_lag_seconds_count{${OF}} 3`,
    `signalbox_later{${OF}} 1`,
    `signalbox_due{${OF}} 0`,
    `signalbox_dead{${OF}} 0`,
    `signalbox_orphaned{${OF}} 0`,
    'signalbox_workers 0',
    'signalbox_database_up 1',
  ])
    expect(lines).toContain(line);
  expect(Object.keys(METRICS).filter((name) => !text.includes(`# HELP ${name} ${METRICS[name as keyof typeof METRICS].help}`))).toEqual([]);

  off();
  expect(await register.metrics()).not.toContain('signalbox_');
  // Nothing listens any more.
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { n: 0 }));
});

test('a receiver for which deliveries wait, and that no process has announced for a day, is orphaned', async () => {
  await using h = await harness();
  const register = new Registry();
  registerMetrics(register, h.box);
  const off = h.box.receivers.connect(paid, async () => {}, { name: 'Mail.send' });
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { n: 0 }));
  off();
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '2 days'`;
  await h.sql`update signalbox.delivery set run_at = now() - interval '10 minutes'`;
  await partsOf(h.box).store.tallies.sample();
  const lines = (await register.metrics()).split('\n');
  expect(lines).toContain(`signalbox_orphaned{${OF}} 1`);
  expect(lines).toContain(`signalbox_due{${OF}} 1`);
  const oldest = lines.find((line) => line.startsWith(`signalbox_oldest_due_seconds{${OF}}`));
  expect(Number(oldest?.split(' ').at(-1))).toBeGreaterThanOrEqual(600);
});

test('a database that does not answer fails no scrape: it is told, and nothing else of it', async () => {
  await using h = await harness();
  const register = new Registry();
  registerMetrics(register, h.box);
  await h.sql.unsafe('alter table signalbox.gauge rename to gone');
  const lines = (await register.metrics()).split('\n');
  expect(lines).toContain('signalbox_database_up 0');
  expect(lines.filter((line) => line.startsWith('signalbox_workers') || line.startsWith('signalbox_due'))).toEqual([]);
});
