// Mutation tests: takes away each guard of the protocol, one at a time, and runs the tests that must fail without it.
// Prints what killed each; fails when one survives that is not known to be equivalent. `npm run mutate`, or a part of
// it: `npm run mutate -- settle epoch`. A mutant that makes the tests hang counts as killed.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchPostgres } from '../support/postgres/launch.ts';
import { type Mutant, mutate } from './mutant.ts';
import { mutants } from './mutants.ts';
import { type Trial, Workshop } from './workshop.ts';

const AT_ONCE = 2;
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const wanted = mutants.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));

/** A mutant is to be wrong, not to be nonsense: the database or the compiler refusing it says nothing about the tests. */
const NONSENSE =
  /syntax error at|could not determine data type|missing FROM-clause|operator does not exist|PARSE_ERROR|Transform failed|SyntaxError/;

const root = fileURLToPath(new URL('../..', import.meta.url));
for (const mutant of wanted) mutate(await readFile(path.join(root, mutant.file), 'utf8'), mutant);

const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-mutate-'));
process.once('SIGINT', () => process.exit(130));
await using server = await launchPostgres({
  settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
});
try {
  const workshops = await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, wanted.length) }, (_, index) => Workshop.open(path.join(folder, `${index}`), server.url)),
  );
  const problems =
    workshops.length === 0 ? ['no mutant has such a name'] : ((await checkTests(workshops[0]!)) ?? (await tryAll(workshops)));
  for (const problem of problems) say(`FAILED ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Without any mutant the tests must pass, or their failures would say nothing. */
async function checkTests(workshop: Workshop): Promise<string[] | undefined> {
  const paths = [...new Set(wanted.flatMap(({ tests }) => tests))];
  const begun = performance.now();
  const trial = await workshop.test(paths);
  say(`${trial.kind} without a mutant: ${paths.join(' ')} (${seconds(begun)})`);
  return trial.kind === 'green'
    ? undefined
    : [`the tests fail without any mutant: ${trial.kind === 'red' ? `${trial.test}\n${trial.message}` : trial.kind}`];
}

async function tryAll(workshops: readonly Workshop[]): Promise<string[]> {
  const problems: string[] = [];
  const left = [...wanted];
  let killed = 0;
  const work = async (workshop: Workshop): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const begun = performance.now();
      const trial = await workshop.try(mutant);
      say(
        [
          verdict(trial, mutant).padEnd(10),
          mutant.name,
          `${mutant.file}${mutant.within ? ` ${mutant.within}` : ''}`,
          by(trial),
          seconds(begun),
        ].join(' | '),
      );
      if (trial.kind !== 'green') killed++;
      const problem = problemOf(trial, mutant);
      if (problem !== undefined) problems.push(problem);
    }
  };
  await Promise.all(workshops.map(work));
  say(
    `${killed} of ${wanted.length} killed, ${wanted.filter(({ equivalent }) => equivalent !== undefined).length} of them known to be equivalent.`,
  );
  return problems;
}

function problemOf(trial: Trial, { name, equivalent, find }: Mutant): string | undefined {
  if (trial.kind === 'red' && NONSENSE.test(trial.message)) return `${name}: this is nonsense rather than a mutant\n${trial.message}`;
  if (trial.kind === 'green' && equivalent === undefined) return `${name}: no test fails without\n${find}`;
  if (trial.kind !== 'green' && equivalent !== undefined) return `${name}: it is killed, so it is not equivalent: take the reason away`;
  return undefined;
}

function verdict(trial: Trial, { equivalent }: Mutant): string {
  if (trial.kind === 'green') return equivalent === undefined ? 'SURVIVED' : 'equivalent';
  return 'killed';
}

function by(trial: Trial): string {
  return trial.kind === 'red' ? trial.test : trial.kind === 'timeout' ? '(hangs)' : '';
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
