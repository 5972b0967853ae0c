// npm run bench:dashboard: fills a database with a million settled deliveries, 120,000 live ones and 6,000 dead ones, and prints how long
// each page of the dashboard takes, as a role whose statements end after two seconds. `-- --part 10` for ten times as many.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from '../../src/index.ts';
import { openBench, say } from '../reads/bench-database.ts';
import { sampleOf } from '../reads/seed.ts';
import { browse } from './asking.ts';
import { addressesAtScale, seedTallies } from './scale.ts';

/** What a page may take in 19 of 20 requests. */
const LIMIT_MS = 200;
const REQUESTS = 40;

await using bench = await openBench(seedTallies);
say(`${bench.size}; of ${REQUESTS} requests, in ms`);

const client = postgres(bench.url, { max: 4, onnotice: () => {}, connection: { statement_timeout: 2_000 } });
const box = createSignalbox({ db: drizzle({ client }), log: false });
const browser = browse({ box });
let slow = 0;
say(`${'median'.padStart(8)}${'p95'.padStart(8)}  page`);
for (const address of addressesAtScale(await sampleOf(bench.sql))) {
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
if (slow > 0) process.exitCode = 1;
