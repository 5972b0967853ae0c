// npm run bench:dashboard: fills a database with a million settled deliveries, 120,000 live ones and 6,000 dead ones, and prints how long
// each page of the dashboard takes, as a role whose statements end after two seconds. `-- --part 10` for ten times as many.
import { parseArgs } from 'node:util';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from '../../src/index.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { part, sampleOf, seed } from '../reads/seed.ts';
import { readMigrations } from '../support/migrations.ts';
import { browse } from './asking.ts';
import { addressesAtScale, seedTallies } from './scale.ts';

/** What a page may take in 19 of 20 requests. */
const LIMIT_MS = 200;
const REQUESTS = 40;

const { values } = parseArgs({ options: { part: { type: 'string', default: '1' } } });
const size = part(Number(values.part));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

await using server = await launchPostgres({ settings: { fsync: 'off', shared_buffers: '512MB', max_wal_size: '8GB' } });
const sql = postgres(server.url, { max: 1, onnotice: () => {} });
await sql.unsafe(await readMigrations());
await seed(sql, size);
await seedTallies(sql);
await sql`vacuum analyze`;
say(
  `${size.settled.toLocaleString('en')} settled deliveries, ${size.live.toLocaleString('en')} live, ${size.dead.toLocaleString('en')} dead; of ${REQUESTS} requests, in ms`,
);

const client = postgres(server.url, { max: 4, onnotice: () => {}, connection: { statement_timeout: 2_000 } });
const box = createSignalbox({ db: drizzle({ client }), log: false });
const browser = browse({ box });
let slow = 0;
say(`${'median'.padStart(8)}${'p95'.padStart(8)}  page`);
for (const address of addressesAtScale(await sampleOf(sql))) {
  const times: number[] = [];
  let failed: number | undefined;
  for (let round = 0; round <= REQUESTS; round++) {
    const from = performance.now();
    const { status } = await browser.get(address);
    if (status >= 500) failed = status;
    // The first one warms up.
    if (round > 0) times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  const isSlow = at(0.95) > LIMIT_MS || failed !== undefined;
  if (isSlow) slow++;
  const mark = failed === undefined ? (isSlow ? `  (over ${LIMIT_MS} ms)` : '') : `  (answered ${failed})`;
  say(`${at(0.5).toFixed(1).padStart(8)}${at(0.95).toFixed(1).padStart(8)}  ${address}${mark}`);
}
await box.close();
await client.end();
await sql.end();
if (slow > 0) process.exitCode = 1;
