// Measures the rows that were asked for, and tells what came of it, wins and losses alike.
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.ts';
import { fillIn } from './document.ts';
import { measure } from './measure.ts';
import { readOptions } from './options.ts';
import { growthRows, hugeRows } from './rows/growth.ts';
import { rows } from './rows/index.ts';
import { SETTINGS, startServer } from './server.ts';
import type { Result } from './stats.ts';
import { table } from './table.ts';

const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
/** The rows of the chart: the whole table would be unreadable as bars. */
const CHARTED = /^(emit to [12], 32 clients|bulk|drain|latency p50 at 50)/;

const options = readOptions(process.argv.slice(2));
const all = options.growth ? [...growthRows, ...(options.huge ? hugeRows : [])] : rows;
const chosen = all.filter(({ name }) => options.rows.length === 0 || options.rows.some((word) => name.startsWith(word)));
if (chosen.length === 0) throw new Error(`No row begins so. There are: ${all.map(({ name }) => name).join(', ')}.`);

const say = (line: string): void => void process.stdout.write(`${line}\n`);
await using server = await startServer();
const setting = [
  `PostgreSQL ${server.version} (${Object.entries(SETTINGS)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')})`,
  `Node ${process.versions.node}`,
  `${os.availableParallelism()} cores (${os.cpus()[0]?.model ?? 'unknown'}), shared by the server, the senders and the workers`,
  `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}${options.quick ? ', quick: for a look only' : ''}`,
].join('; ');
say(setting);

const results: Result[] = [];
const told: string[] = [];
for (const row of chosen) {
  const from = performance.now();
  say(`\n## ${row.name}\n\n${row.what}\n`);
  const measured = await measure(row, {
    server,
    systems: options.systems,
    rounds: options.rounds,
    scale: { quick: options.quick, growth: options.scale },
    onFailure: ({ name }, system, error) => {
      say(`FAILED: ${name}, ${system}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    },
  });
  results.push(...measured);
  if (measured.length === 0) continue;
  say(`${table(measured)}\n\n(${((performance.now() - from) / 1_000).toFixed(0)} s)`);
  told.push(`### ${row.name}\n\n${row.what}\n\n${table(measured)}`);
}

if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (options.chart !== undefined) {
  const charted = results.filter(({ row }) => CHARTED.test(row));
  await writeFile(options.chart, chart(charted.length > 0 ? charted : results, 'Signalbox beside two job queues and hand-written SQL'));
}
if (options.writeDocs) {
  const page = await readFile(PAGE, 'utf8');
  await writeFile(PAGE, fillIn(page, options.growth ? 'growth' : 'results', `${setting}.\n\n${told.join('\n\n')}`));
}
