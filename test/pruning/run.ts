// Measures retention from the command line, on a server of its own: `npm run pruning`, or `npm run pruning -- --emissions 10000000`.
// Ends with 1 when it is slower, or costs more, than is promised.
import { parseArgs } from 'node:util';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { measurePruning } from './pruning.ts';

/** Emissions a second. */
const LEAST_RATE = 50_000;
const LEAST_SHARE = 0.95;

const { values } = parseArgs({
  options: { emissions: { type: 'string', default: '1000000' }, beside: { type: 'string', default: '5000' } },
});

await using server = await launchPostgres({ settings: { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' } });
const { emissions, deliveries, rate, emitShare, drainShare } = await measurePruning({
  url: server.url,
  emissions: Number(values.emissions),
  beside: Number(values.beside),
});
const share = (value: number): string => `${value.toFixed(2)} of the rate without, at least ${LEAST_SHARE}`;
const lines: [what: string, is: string, holds: boolean][] = [
  ['pruned', `${emissions} emissions of ${values.emissions}, ${deliveries} deliveries`, true],
  ['emissions a second', `${Math.round(rate)}, at least ${LEAST_RATE}`, rate >= LEAST_RATE],
  ['emits beside a prune', share(emitShare), !(emitShare < LEAST_SHARE)],
  ['a drain beside a prune', share(drainShare), !(drainShare < LEAST_SHARE)],
];
for (const [what, is, holds] of lines) process.stdout.write(`${holds ? ' ' : '!'} ${what.padEnd(24)} ${is}\n`);
if (lines.some(([, , holds]) => !holds)) process.exitCode = 1;
