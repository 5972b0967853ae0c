// A worker process of a chaos run, as in any application: it works until SIGTERM, and tries again if the database is
// down at its start.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createSignalbox } from '../../../src/index.ts';
import { release, tell } from '../../processes/parent.ts';
import { NOT_WRITTEN } from '../child.ts';
import { connect, prepareFor } from './connect.ts';
import { LEASE_MS } from './timing.ts';
import { claim, Effects, outside } from './receivers.ts';

const CONCURRENCY = 5;
/** One for each receiver, two for the worker, and some for the receiver that has no transaction. */
const CONNECTIONS = CONCURRENCY + 4;
const START_AGAIN_MS = 300;

const { db, end } = connect(CONNECTIONS);
outside.db = db;
const quiet = (): void => {};
const write = (fields: object, message: string): void => void process.stderr.write(`${message} ${inspect(fields)}\n`);
/** Warnings and errors go to standard error, and the parent is told of each write of tallies that failed. */
const log = {
  debug: (_fields: object, message: string) => {
    if (message.startsWith('what was counted')) tell(NOT_WRITTEN);
  },
  info: quiet,
  warn: write,
  error: write,
};
const box = createSignalbox({ db, services: [Effects], prepare: prepareFor, log });
// This event is raised inside the run that it reports, so the context of the run can keep it.
box.on('delivery.started', ({ deliveryId, epoch }) => claim.enterWith({ deliveryId, epoch }));
/**
 * Takes every connection of the pool for this time, with transactions of the box: any other holder of a connection of
 * postgres.js that is cut meanwhile (`reserve`, `begin`) ends the process when it releases the connection.
 */
const exhaust = async (ms: number): Promise<void> => {
  await Promise.allSettled(Array.from({ length: CONNECTIONS }, () => db.transaction(() => pause(ms))));
};
let stallUntil = 0;
// Synchronous: between the claim and the first statement of the receiver's transaction.
box.on('delivery.started', () => {
  if (Date.now() > stallUntil) return;
  stallUntil = 0;
  process.kill(process.pid, 'SIGSTOP');
});
const runs = new Set<string>();
box.on('delivery.started', ({ deliveryId }) => runs.add(deliveryId));
for (const end of ['completed', 'retrying', 'dead', 'cancelled', 'released', 'stale'] as const)
  box.on(`delivery.${end}`, ({ deliveryId }) => runs.delete(deliveryId));
let started = false;
box.on('worker.started', () => {
  started = true;
  tell('started');
});
for (const event of ['worker.stopping', 'worker.stopped'] as const) box.on(event, () => tell(event));
let told = false;
process.once('SIGTERM', () => (told = true));
process.on('message', (message) => {
  const [what, ms] = String(message).split(' ');
  if (what === 'stall') stallUntil = Number(ms);
  if (what === 'exhaust') void exhaust(Number(ms));
  if (what === 'runs') tell(`runs: ${[...runs].join(' ')}`);
});

for (;;) {
  try {
    await box.worker({ concurrency: CONCURRENCY, lease: LEASE_MS, pollInterval: '200ms', shutdownTimeout: '1s' }).run();
    break;
  } catch (error) {
    if (told) break;
    if (started) throw error;
    await pause(START_AGAIN_MS);
  }
}
tell('worked');
await box.close();
await end();
tell('closed its pool');
release();
