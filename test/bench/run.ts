// Measures the requested rows, and reports the results, wins and losses alike.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.ts';
import { fillIn } from './document.ts';
import { measure } from './measure.ts';
import { readOptions } from './options.ts';
import { growthRows, hugeRows } from './rows/growth.ts';
import { rows } from './rows/index.ts';
import type { Row } from './rows/row.ts';
import { SETTINGS, startServer } from './server.ts';
import type { Result } from './stats.ts';
import { table } from './table.ts';

const CHART = fileURLToPath(new URL('../../docs/assets/performance.svg', import.meta.url));
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
// In a quick run, counted rows run all at once, at the end.
const atOnce = options.quick ? chosen.filter(({ together }) => together) : [];
for (const row of chosen) if (!atOnce.includes(row)) await tell(row);
await Promise.all(atOnce.map(tell));

async function tell(row: Row): Promise<void> {
  const from = performance.now();
  const failures: string[] = [];
  const measured = await measure(row, {
    server,
    systems: options.systems,
    rounds: options.rounds,
    scale: { quick: options.quick, growth: options.scale },
    onFailure: (system, error) => {
      failures.push(`FAILED: ${row.name}, ${system}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    },
  });
  const seconds = ((performance.now() - from) / 1_000).toFixed(0);
  const shown = measured.length === 0 ? '' : `${table(measured)}\n\n`;
  say(`\n## ${row.name}\n\n${row.what}\n\n${failures.map((failure) => `${failure}\n\n`).join('')}${shown}(${seconds} s)`);
  results.push(...measured);
  if (measured.length > 0) told.push(`### ${row.name}\n\n${row.what}\n\n${table(measured)}`);
}

if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (options.chart !== undefined) await drawChart(options.chart);
if (options.writeDocs) {
  const page = await readFile(PAGE, 'utf8');
  if (!options.growth) await drawChart(CHART);
  const picture = options.growth ? '' : `\n\n![The main rows as bars: the longest of each group is the best](assets/performance.svg)`;
  await writeFile(PAGE, fillIn(page, options.growth ? 'growth' : 'results', `${setting}.${picture}\n\n${told.join('\n\n')}`));
}

async function drawChart(file: string): Promise<void> {
  const charted = results.filter(({ row }) => CHARTED.test(row));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, chart(charted.length > 0 ? charted : results, 'Signalbox beside two job queues and hand-written SQL'));
}
