// npm run bench:reads: fills a database with a million settled deliveries, 120,000 live ones and 6,000 dead ones, and prints how long
// each verb of the read model takes. `-- --part 0.1` for a tenth of that.
import { runOn } from '../store/rows.ts';
import { openBench, say } from './bench-database.ts';
import { sampleOf } from './seed.ts';
import { verbsOf } from './verbs.ts';

/** What a verb may take. */
const LIMIT_MS = 200;
const ROUNDS = 5;

await using bench = await openBench();
const { sql } = bench;
say(`${bench.size}; the median of ${ROUNDS}, in ms`);

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
if (slow > 0) process.exitCode = 1;
