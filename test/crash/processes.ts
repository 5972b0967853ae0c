// The stage of the crash tests: a database with a table of effects, and real processes on it.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { WorkerOptions } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Effects, happened } from './programs/receivers.ts';

export type Hold = 'stop' | 'started' | 'called' | 'written';

export interface Stage extends Harness {
  emit(...values: number[]): Promise<void>;
  worker(options?: WorkerOptions & { hold?: Hold }): Program;
  sender(): Program;
  /** The effects, as `value by epoch`, in the order of their values. */
  effects(): Promise<string[]>;
}

export async function openStage(): Promise<Stage> {
  const h = await harness({ services: [Effects] });
  await h.sql`create table effect (delivery bigint, epoch int, value int, pid int)`;
  const programs: Program[] = [];
  const start = (name: string, environment: Record<string, string>): Program => {
    const program = new Program(name, { DATABASE_URL: h.url, ...environment });
    programs.push(program);
    return program;
  };
  return {
    ...h,
    emit: async (...values) => {
      await h.db.transaction(async (tx) => {
        for (const value of values) await happened.emitReliable(tx, { value });
      });
    },
    worker: ({ hold, ...options } = {}) =>
      start('worker', { HOLD: hold ?? '', OPTIONS: JSON.stringify({ lease: '1s', pollInterval: 50, ...options }) }),
    sender: () => start('sender', {}),
    effects: async () =>
      (await h.sql<{ text: string }[]>`select value || ' by ' || epoch as text from effect order by value`).map(({ text }) => text),
    [Symbol.asyncDispose]: async () => {
      for (const program of programs) await program.kill('SIGKILL');
      await h[Symbol.asyncDispose]();
    },
  };
}

export class Program {
  readonly child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly #said: string[] = [];
  readonly #listeners = new Set<() => void>();
  #errors = '';

  constructor(name: string, environment: Record<string, string>) {
    this.child = fork(fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url)), {
      execArgv: ['--import', '@oxc-node/core/register'],
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.child.on('message', (message) => {
      this.#said.push(message as string);
      for (const look of this.#listeners) look();
    });
    this.exit = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve(code ?? signal!)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resolves when it says `message`, again for each call. Rejects when it ends without. */
  async says(message: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        const index = this.#said.indexOf(message);
        if (index < 0) return;
        this.#said.splice(index, 1);
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
    const ended = Symbol('ended');
    const end = this.exit.then((status) => ({ ended, status }));
    const first = await Promise.race([said, end]);
    if (first?.ended === ended) throw new Error(`It ended with ${first.status} without saying ${message}:\n${this.#errors}`);
  }

  tell(message: string): void {
    this.child.send(message);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    if (signal === 'SIGKILL') await this.exit;
  }

  /** Resolves when the process is frozen. */
  async frozen(): Promise<void> {
    await until(async () => (await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(this.pid)])).stdout.startsWith('T'));
  }
}

/** Looks until `condition` holds, as often as it can; fails after 15 s. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) expect(performance.now(), 'the condition did not come about').toBeLessThan(deadline);
}
