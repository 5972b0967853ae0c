// npm run bench:reads: fills a database with a million settled deliveries, 120,000 live ones and 6,000 dead ones, and prints how long
// each verb of the read model takes. `-- --part 0.1` for a tenth of that.
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { runOn } from '../store/rows.ts';
import { readMigrations } from '../support/migrations.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { part, sampleOf, seed } from './seed.ts';
import { verbsOf } from './verbs.ts';

/** What a verb may take. */
const LIMIT_MS = 200;
const ROUNDS = 5;

const { values } = parseArgs({ options: { part: { type: 'string', default: '1' } } });
const size = part(Number(values.part));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

await using server = await launchPostgres({ settings: { fsync: 'off', shared_buffers: '512MB', max_wal_size: '8GB' } });
const sql = postgres(server.url, { max: 1, onnotice: () => {} });
await sql.unsafe(await readMigrations());
await seed(sql, size);
await sql`vacuum analyze`;
say(
  `${size.settled.toLocaleString('en')} settled deliveries, ${size.live.toLocaleString('en')} live, ${size.dead.toLocaleString('en')} dead; the median of ${ROUNDS}, in ms`,
);

let slow = 0;
for (const { name, read } of verbsOf(runOn(sql), await sampleOf(sql))) {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const from = performance.now();
    await read();
    // The first one warms up.
    if (round > 0) times.push(performance.now() - from);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  if (median > LIMIT_MS) slow++;
  say(`${median.toFixed(1).padStart(8)}  ${name}${median > LIMIT_MS ? `  (over ${LIMIT_MS} ms)` : ''}`);
}
await sql.end();
if (slow > 0) process.exitCode = 1;
