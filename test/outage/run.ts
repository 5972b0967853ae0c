// Measures an outage from the command line, on a server of its own: `npm run outage`, or `npm run outage -- --waiting 20000 --seconds 30`.
// Exits with 1 when it costs more than is promised.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { measureOutage } from './outage.ts';

const { values } = parseArgs({
  options: {
    waiting: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '600' },
    pause: { type: 'string', default: '400' },
  },
});
const waiting = Number(values.waiting);

await using server = await launchPostgres();
const report = await measureOutage({
  url: server.url,
  waiting,
  calm: Math.ceil(waiting / 5),
  pauseMs: Number(values.pause),
  lasts: () => pause(Number(values.seconds) * 1_000),
});
const { calmRate, outageMs, walBytes, errorRows, attempts, calls, recoveredMs } = report;
const lines: [what: string, is: string, holds: boolean][] = [
  ['calm rate', `${Math.round(calmRate)} a second`, true],
  ['outage', `${(outageMs / 1_000).toFixed(0)} s, ${waiting} waiting, ${calls} calls`, true],
  ['WAL meanwhile', `${(walBytes / 1_000).toFixed(0)} kB of 1,000`, walBytes < 1_000_000],
  ['errors stored', `${errorRows} of 0`, errorRows === 0],
  ['attempts spent', `${attempts} of 0`, attempts === 0],
  ['80 % of the calm rate again', `after ${(recoveredMs / 1_000).toFixed(1)} s of 5`, recoveredMs <= 5_000],
];
for (const [what, is, holds] of lines) process.stdout.write(`${holds ? ' ' : '!'} ${what.padEnd(28)} ${is}\n`);
if (lines.some(([, , holds]) => !holds)) process.exitCode = 1;
