// The whole life of a process that sends every statement that changes something at least once: it emits, acts as an operator, runs in
// immediate mode, works, and resigns. At some statement it is killed.
import 'reflect-metadata';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type Signalbox } from '../../../src/index.ts';
import { type Script, OPERATED } from '../../evidence/evidence.ts';
import { release, tell, told } from '../../processes/parent.ts';
import type { Database } from '../../support/harness.ts';
import { effectsOf, fresh, batched, happened, tellClaims } from '../receivers.ts';
import { dedupeOnce } from '../dedupe-scenario.ts';
import { addOldRows } from '../old-rows.ts';
import { storeOn, takePruneTurn } from '../prune-turn.ts';
import { tallyOnce } from '../tally-scenario.ts';
import { until } from '../until.ts';

const { DATABASE_URL: url, DIRECT_URL: directUrl, FOREVER: forever } = process.env;

const sql = postgres(directUrl!, { max: 1, onnotice: () => {} });
const clients = [sql];
const open = (testing?: 'immediate'): { db: Database; box: Signalbox<Database> } => {
  const client = postgres(url!, { max: 6, onnotice: () => {}, connect_timeout: 2, fetch_types: false });
  clients.push(client);
  const db = drizzle({ client }) as Database;
  const box = createSignalbox({
    db,
    ...(testing && { testing, onFailure: 'collect' as const }),
    services: [effectsOf(controls) as never],
    log: false,
  });
  tellClaims(box, controls);
  return { db, box };
};
const controls = { sql, isEnding: false, onRun: () => {}, claims: new Map<string, number>() };
const { db, box } = open();

/** Reports that it is about to send, and that the transaction has committed. */
async function send(on: Database, key: string, ...scripts: Script[]): Promise<string> {
  let id = '';
  tell(`sends ${key} ${scripts.length}`);
  await on.transaction(async (tx) => {
    for (const script of scripts) ({ emissionId: id } = await happened.emitReliable(tx, { key, script }));
  });
  tell(`committed ${key}`);
  return id;
}

const go = told('work');
// In a queue of its own: what is killed between a pause and its end leaves that paused.
box.receivers.connect(fresh, () => {}, { name: 'Fresh.receive', queue: 'aside' });
await box.receivers.announce();
await send(db, 'lost', 'flaky');
const fine = await send(db, 'good', 'fine');
const poison = await send(db, 'bad', 'poison');
await box.drain({ ahead: '1m' });

const { deliveries } = box;
await deliveries.replay({ emissionId: fine });
await deliveries.retry({ emissionId: poison });
await box.drain({ ahead: '1m' });
await deliveries.cancel({ emissionId: poison }, OPERATED);
await deliveries.retry({ emissionId: poison });
for (const verb of ['pause', 'resume'] as const) {
  await box.receivers[verb]('Fresh.receive');
  await box.queues[verb]('aside');
}

await addOldRows(sql);
await box.erase({ path: 'person', value: 'Ann' });
await takePruneTurn(db, sql);
await tallyOnce(db, 1);
await dedupeOnce(db, sql, 1);
await storeOn(db).store.tallies.forget(60_000);
// Errands of each stage, on the same deliveries; the moves are of receivers that have none.
const { errands } = box;
const carryOn = async ({ id }: { id: string }, abortSignal?: AbortSignal): Promise<void> => {
  await errands.pause(id);
  await errands.resume(id);
  await errands.work(id, { ...(abortSignal && { abortSignal }) });
};
await carryOn(await errands.begin({ act: 'replay', filter: { emissionId: fine }, actsAgain: true }));
await box.drain({ ahead: '1m' });
await carryOn(await errands.begin({ act: 'retry', filter: { emissionId: poison, states: ['dead', 'ready'] } }));
await carryOn(await errands.begin({ act: 'cancel', filter: { emissionId: poison, states: ['ready', 'dead'] }, because: OPERATED }));
await carryOn(await errands.begin({ act: 'retry', filter: { emissionId: poison, states: ['cancelled'] } }));
box.receivers.connect(fresh, () => {}, { name: 'Fresh.other', queue: 'aside' });
await box.receivers.announce();
await carryOn(await box.receivers.move('Fresh.receive', 'Fresh.other'));
// It would wait for the transactions that dead workers have left open.
const { errand: retiring } = await box.receivers.retire('Fresh.other', { waiting: 'cancel' });
await carryOn(retiring!, AbortSignal.timeout(100));
await errands.stop(retiring!.id);
const { id: stopped } = await errands.begin({ act: 'retry', filter: { receiver: 'Fresh.other' } });
await errands.begin({ act: 'retry', filter: { receiver: 'Fresh.other' } }).catch(() => {});
await errands.stop(stopped);
await errands.workOnAll(new AbortController().signal);

const { db: immediateDb, box: immediateBox } = open('immediate');
await send(immediateDb, 'immediate', 'fine');
await immediateBox.close();

await send(db, 'work', 'fine', 'discard');
tell('sends batched 3');
await db.transaction(async (tx) => {
  await batched.emitMany(
    tx,
    (['fine', 'discard', 'fine'] as const).map((script) => ({ key: 'batched', script })),
  );
});
tell('committed batched');
await send(db, 'interrupted', 'slow');
tell('is about to work');
await go;
const worker = box.worker({ lease: '1s', pollInterval: '100ms', concurrency: 3 });
await worker.start();
await until('all but the slow one is done', async () => {
  const [row] = await sql<{ live: number }[]>`
    select count(*)::int as live from signalbox.delivery d join signalbox.emission e on e.id = d.emission_id where e.payload ->> 'script' <> 'slow'`;
  return row!.live === 0 && !forever;
});
await worker.stop({ force: true });
await box.close();
await Promise.all(clients.map((client) => client.end({ timeout: 1 })));
tell('has lived');
release();
