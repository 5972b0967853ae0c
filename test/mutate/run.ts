// Mutation tests: removes each guard of the protocol, one at a time, and runs the tests that must fail without it.
// Prints the test that killed each; fails when a mutant survives that is not known to be equivalent. `npm run mutate`,
// or a part of it: `npm run mutate -- settle epoch`. Only an assertion kills, and only one that fails twice in a row: a
// mutant that makes the tests hang, or their process end, must say so, with the reason.
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DISPOSABLE } from '../../src/testing/postgres/disposable.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { type Mutant, mutate } from './mutant.ts';
import { mutants } from './mutants.ts';
import { type Trial, Workshop } from './workshop.ts';

const AT_ONCE = 2;
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const wanted = mutants.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));

/** A mutant must be wrong, not nonsense: a refusal by the database or the compiler proves nothing about the tests. */
const NONSENSE =
  /syntax error at|could not determine data type|missing FROM-clause|operator does not exist|column \S+ does not exist|function \S+ does not exist|bind message supplies|PARSE_ERROR|Transform failed|SyntaxError|ReferenceError|does not provide an export/;

const root = fileURLToPath(new URL('../..', import.meta.url));
for (const mutant of wanted) mutate(await readFile(path.join(root, mutant.file), 'utf8'), mutant);

const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-mutate-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130));
await using server = await launchPostgres(DISPOSABLE);
const workshops = await Promise.all(
  Array.from({ length: AT_ONCE }, (_, index) => Workshop.open(path.join(folder, `${index}`), server.url)),
);
const problems = wanted.length === 0 ? ['no mutant has such a name'] : await checkTests(workshops);
if (problems.length === 0) problems.push(...(await tryMutants(workshops)));
for (const problem of problems) say(`FAILED ${problem}`);
if (problems.length > 0) process.exitCode = 1;

/** Without any mutant the tests must pass, or their failures would prove nothing. */
async function checkTests(workshops: readonly Workshop[]): Promise<string[]> {
  const problems: string[] = [];
  await inTurns(workshops, [...new Set(wanted.flatMap(({ tests }) => tests))], async (workshop, tests) => {
    const begun = performance.now();
    const trial = await workshop.test([tests]);
    say(['no mutant', trial.kind, tests, by(trial), passed(begun)].join(' | '));
    if (trial.kind !== 'green') problems.push(`${tests} without any mutant: ${trial.kind === 'red' ? trial.message : trial.what}`);
  });
  return problems;
}

async function tryMutants(workshops: readonly Workshop[]): Promise<string[]> {
  const problems: string[] = [];
  let killed = 0;
  say('verdict    | guard | file | killed by | time');
  await inTurns(workshops, wanted, async (workshop, mutant) => {
    const begun = performance.now();
    const trial = await workshop.try(mutant);
    const where = `${mutant.file}${mutant.within === undefined ? '' : ` ${mutant.within}`}`;
    say([verdict(trial, mutant).padEnd(10), mutant.name, where, by(trial), passed(begun)].join(' | '));
    if (trial.kind === 'red' || (trial.kind === 'hangs' && mutant.hangs !== undefined)) killed++;
    const problem = problemOf(trial, mutant);
    if (problem !== undefined) problems.push(problem);
  });
  const equivalent = wanted.filter((mutant) => mutant.equivalent !== undefined).length;
  say(`${killed} of ${wanted.length} killed; ${equivalent} are known to be equivalent.`);
  return problems;
}

async function inTurns<T>(
  workshops: readonly Workshop[],
  list: readonly T[],
  work: (workshop: Workshop, item: T) => Promise<void>,
): Promise<void> {
  const left = [...list];
  const turns = async (workshop: Workshop): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(workshop, item);
  };
  await Promise.all(workshops.map(turns));
}

function problemOf(trial: Trial, { name, equivalent, hangs, find }: Mutant): string | undefined {
  if (trial.kind === 'red' && NONSENSE.test(trial.message)) return `${name}: this is nonsense rather than a mutant\n${trial.message}`;
  if (trial.kind === 'green' && equivalent === undefined) return `${name}: no test fails without\n${find}`;
  if (trial.kind === 'hangs' && hangs === undefined)
    return `${name}: no assertion fails, for the tests do not come to their end: ${trial.what}. Find a test that fails, or say why they must hang`;
  if (trial.kind !== 'green' && equivalent !== undefined) return `${name}: it is killed, so it is not equivalent: take the reason away`;
  return undefined;
}

function verdict(trial: Trial, { equivalent, hangs }: Mutant): string {
  if (trial.kind === 'hangs') return hangs === undefined ? 'HANGS' : 'hangs';
  if (trial.kind === 'green') return equivalent === undefined ? 'SURVIVED' : 'equivalent';
  return 'killed';
}

function by(trial: Trial): string {
  return trial.kind === 'red' ? trial.test : trial.kind === 'hangs' ? (trial.what.split('\n', 1)[0] ?? '') : '';
}

function passed(since: number): string {
  return `${Math.round(performance.now() - since)} ms`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
