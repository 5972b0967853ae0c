// signalbox init: puts Signalbox into an existing Drizzle project. What is written is decided in init/.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addExamples, newVerb } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { escaped } from '../../core/visible.ts';
import { type Change, planOf, type Plan } from '../init/plan.ts';
import { type Trial, tryOut } from '../init/try.ts';
import { type Project, read, readProject, workspacePackages } from '../init/project.ts';
import { print, printDocument, styled } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export function init() {
  const verb = newVerb(
    'init',
    'Puts Signalbox into an existing Drizzle project: its tables into the Drizzle schema, a configuration, one signal, one receiver, one test, two scripts. It prints each change and the next steps; where it cannot edit safely it prints what to paste. A second run changes nothing.',
  )
    .option('--cwd <folder>', 'the package, if it is not the current folder', '.')
    .option('--dry-run', 'print the changes, and write nothing')
    .option('--yes', 'change files that have uncommitted changes, too')
    .option('--try', 'then run the next steps on a PostgreSQL of their own, which is gone afterwards: no server is needed')
    .action(async ({ json, cwd, dryRun, yes, try: trying }) => {
      if (trying && dryRun) throw new UsageError('--try needs the files that --dry-run does not write.');
      const folder = path.resolve(cwd);
      const project = projectIn(folder);
      const plan = planOf(project, (file) => read(path.join(folder, file)), { withServer: trying });
      if (!json) for (const change of plan.changes) print(tell(change));
      const edited = plan.changes.filter(({ before }) => before !== undefined).map(({ file }) => file);
      const dirty = dryRun ? [] : uncommitted(folder, edited);
      if (dirty.length > 0) {
        const question = `${dirty.join(', ')} ${dirty.length === 1 ? 'has' : 'have'} uncommitted changes. Change ${dirty.length === 1 ? 'it' : 'them'}?`;
        if (!(await confirmed({ question, yes, json }))) throw new UsageError('Nothing was done. Commit first, and run it again.');
      }
      if (!dryRun) await write(folder, plan.changes);
      const written = { written: dryRun ? [] : plan.changes.map(({ file }) => file), pastes: plan.pastes, steps: plan.steps };
      if (!trying) return json ? printDocument(written) : print(tellRest(plan));
      if (!json) print(tellRest({ ...plan, steps: [] }));
      const tried = await tryPlan(readProject(folder)!, plan, json === true);
      if (json) printDocument({ ...written, tried });
      else print(tellTrial(tried, plan));
    });
  addExamples(verb, [
    ['signalbox init', 'in the folder of a package that uses Drizzle'],
    ['signalbox init --try', 'the same, and a first signal is delivered, without any server'],
    ['signalbox init --cwd packages/api', 'from the root of a workspace'],
  ]);
  return verb;
}

/** What has to be pasted comes first: without it the steps would fail. */
async function tryPlan(project: Project, plan: Plan, quiet: boolean): Promise<Trial> {
  const paste = plan.pastes[0];
  const tell = (step: string): void => (quiet ? undefined : print(styled('bold', `\n$ ${step}`)));
  const tried = paste ? { failed: { step: `paste into ${paste.where}`, code: 1 } } : await tryOut(project, plan, { tell, quiet });
  if (tried.failed) process.exitCode = 1;
  return tried;
}

function tellTrial({ failed }: Trial, { steps }: Plan): string {
  if (failed) return `\nNot done: ${escaped(failed.step)}. Then run it again: signalbox init --try`;
  const again = steps.slice(-2).map((step) => `  ${step}`);
  return ['\nA signal was emitted and delivered, on a PostgreSQL that is gone now. On your own, with its DATABASE_URL:', ...again].join(
    '\n',
  );
}

/** @throws UsageError where there is no project, or a whole workspace of them */
function projectIn(folder: string): Project {
  const project = readProject(folder);
  if (project === undefined) throw new UsageError(`There is no package.json in ${folder}. Name the folder of the package with --cwd.`);
  const packages = project.drizzleConfig === undefined ? workspacePackages(folder) : undefined;
  if (packages !== undefined && !project.dependencies.has('drizzle-orm'))
    throw new UsageError(
      `${folder} is the root of a workspace. ${packages.length === 0 ? 'None of its packages uses drizzle-orm' : `Choose a package: ${packages.map((name) => `--cwd ${name}`).join(', ')}`}.`,
    );
  return project;
}

/** Those with changes that git does not have; none where there is no git. */
function uncommitted(folder: string, files: readonly string[]): string[] {
  if (files.length === 0) return [];
  try {
    const status = execFileSync('git', ['status', '--porcelain', '-z', '--', ...files], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return files.filter((file) => status.split('\0').some((entry) => entry.endsWith(file)));
  } catch {
    return [];
  }
}

async function write(folder: string, changes: readonly Change[]): Promise<void> {
  for (const { file, before, after } of changes) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    // A file that has come meanwhile is not overwritten.
    await writeFile(target, after, before === undefined ? { flag: 'wx' } : {});
  }
}

/** A change as a diff: what is new of it, for lines are only added. */
function tell({ file, before, after }: Change): string {
  const old = new Set((before ?? '').split('\n'));
  const added = after.split('\n').filter((text) => text !== '' && !old.has(text));
  return [
    styled('bold', `${before === undefined ? 'new' : 'changed'}: ${escaped(file)}`),
    ...added.map((text) => styled('green', `  + ${escaped(text)}`)),
  ].join('\n');
}

function tellRest({ changes, pastes, steps }: Plan): string {
  return [
    ...(changes.length === 0 ? ['Nothing is to be written: all of it is there.'] : []),
    ...pastes.flatMap(({ where, text }) => [`\nPut this into ${escaped(where)}:\n  ${escaped(text)}`]),
    ...(steps.length === 0 ? [] : ['\nNext:']),
    ...steps.map((step) => `  ${step}`),
  ].join('\n');
}
