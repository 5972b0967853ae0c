// Runs chaos from the command line: `npm run chaos -- --seconds 60 --seed 7`, with `--faults kill,freeze` for some kinds only.
// Some of the processes go through PgBouncer, if it is installed. Exits with 1 if any rule was violated; the printed
// seed plans the same faults again.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { reportText } from './report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '4' },
    senders: { type: 'string', default: '2' },
    faults: { type: 'string', default: FAULT_KINDS.join(',') },
  },
});
const kinds = values.faults.split(',') as FaultKind[];
const wrong = kinds.find((kind) => !FAULT_KINDS.includes(kind));
if (wrong !== undefined) throw new Error(`There is no fault ${wrong}. The kinds are: ${FAULT_KINDS.join(', ')}.`);
const seed = Number(values.seed);
const startedAt = Date.now();
const say = (line: string): void => void process.stdout.write(`${((Date.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);

say(`seed ${seed}, ${values.seconds} s of faults`);
const verdict = await runChaos({
  seconds: Number(values.seconds),
  seed,
  workers: Number(values.workers),
  senders: Number(values.senders),
  kinds,
  say,
});
process.stdout.write(`\n${reportText(verdict)}\n\n`);
if (verdict.violations.length > 0) {
  process.stdout.write(
    `${verdict.violations.length} violations; again with: npm run chaos -- --seconds ${values.seconds} --seed ${seed}\n`,
  );
  process.exitCode = 1;
} else process.stdout.write(`no violation (seed ${seed})\n`);
