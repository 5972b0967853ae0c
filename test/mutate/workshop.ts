// A copy of the project that tries one mutant at a time: it removes the guard, runs the tests, and restores the file.
// Without tsconfig.build.json, so that a run of the tests builds nothing (test/support/build.ts). System tests run the package, so
// for them it is built here, unchecked: a mutant may leave a name unused.
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mutant, mutate } from './mutant.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'test', 'examples', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

/** The project of the build, under another name. */
const BUILD = 'tsconfig.mutant.json';
const SYSTEM = '.system.test.ts';

/** The first hanging test fails by its own limit; this limit is for anything else that hangs. */
const LIMIT_MS = 180_000;

/** In Vitest's JSON, the message of a test that ran out of time: an error of its own, or that error's name alone. */
const OUT_OF_TIME = /^(Error: )?(STACK_TRACE_ERROR$|(Test|Hook) timed out in )/m;

export type Trial =
  | { readonly kind: 'green' }
  /** A test failed: its name and its message. */
  | { readonly kind: 'red'; readonly test: string; readonly message: string }
  /** One or all tests did not end, or the process ended by itself: no assertion has failed. */
  | { readonly kind: 'hangs'; readonly what: string };

/** The part of the JSON reporter's output that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export class Workshop {
  readonly #folder: string;
  readonly #databaseUrl: string;

  private constructor(folder: string, databaseUrl: string) {
    this.#folder = folder;
    this.#databaseUrl = databaseUrl;
  }

  /** @param folder to be made */
  static async open(folder: string, databaseUrl: string): Promise<Workshop> {
    await mkdir(folder);
    for (const name of COPIED) await cp(path.join(root, name), path.join(folder, name), { recursive: true });
    await cp(path.join(root, 'tsconfig.build.json'), path.join(folder, BUILD));
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    return new Workshop(folder, databaseUrl);
  }

  /** Runs the tests of a mutant with the mutant in place. */
  async try(mutant: Mutant): Promise<Trial> {
    const file = path.join(this.#folder, mutant.file);
    const original = await readFile(file, 'utf8');
    await writeFile(file, mutate(original, mutant));
    try {
      return await this.test(mutant.tests, mutant.named);
    } finally {
      await writeFile(file, original);
    }
  }

  /** Runs tests until one fails twice in a row: a failure that is not repeated does not count. */
  async test(paths: readonly string[], named?: string): Promise<Trial> {
    if (paths.some((file) => file.endsWith(SYSTEM))) await this.#build();
    const report = path.join(this.#folder, 'report.json');
    await rm(report, { force: true });
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const flags = [
      'run',
      ...paths,
      ...(named === undefined ? [] : ['--testNamePattern', named]),
      '--bail=1',
      '--retry=1',
      '--cache=false',
      '--reporter=json',
      `--outputFile=${report}`,
    ];
    const { status, output } = await execute([vitest, ...flags], {
      cwd: this.#folder,
      env: { ...process.env, DATABASE_URL: this.#databaseUrl },
    });
    if (status === 'timeout') return { kind: 'hangs', what: 'all of it' };
    if (status === 0) return { kind: 'green' };
    return firstFailure(JSON.parse(await readFile(report, 'utf8').catch(() => '{"testResults":[]}')) as Report, output);
  }

  async #build(): Promise<void> {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    const { status, output } = await execute([compiler, '-p', BUILD, '--noCheck'], { cwd: this.#folder, env: process.env });
    if (status !== 0) throw new Error(`The build of a mutant failed:\n${output}`);
  }
}

function firstFailure({ testResults }: Report, output: string): Trial {
  for (const file of testResults) {
    const failed = file.assertionResults.find(({ status }) => status === 'failed');
    if (!failed) continue;
    const message = (failed.failureMessages ?? []).join('\n');
    return OUT_OF_TIME.test(message) ? { kind: 'hangs', what: failed.fullName } : { kind: 'red', test: failed.fullName, message };
  }
  const broken = testResults.find(({ status, message }) => status === 'failed' && message);
  if (broken) return { kind: 'red', test: `(${path.basename(broken.name)} as a whole)`, message: broken.message! };
  return { kind: 'hangs', what: `an error outside of the tests:\n${output.slice(-4_000)}` };
}

/** Runs Node in its own process group, which is ended as a whole when it takes too long. */
function execute(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ status: number | null | 'timeout'; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const end = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, LIMIT_MS);
    process.once('exit', end);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      process.off('exit', end);
      resolve({ status: timedOut ? 'timeout' : status, output });
    });
  });
}
