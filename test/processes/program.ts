// A process under test: what it says, how it ends, and signals to it. Every wait is bounded, so that a test that waits
// in vain still gets to take its processes down.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const CONDITION_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 10;

/** Looks, with a breath in between, until the condition holds; fails when it does not in a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + CONDITION_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not come about that ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Those of a test that ran out of time, too: a frozen process would not notice that it is alone. */
const alive = new Set<Program>();
afterAll(async () => void (await Promise.all([...alive].map((program) => program.kill('SIGKILL')))));

export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #said = new Set<string>();
  #status: number | NodeJS.Signals | undefined;
  #errors = '';

  /** @param name of its file, from the folder of the tests and without the ending */
  constructor(name: string, environment: Record<string, string>) {
    this.#name = name;
    this.#child = fork(fileURLToPath(new URL(`../${name}.ts`, import.meta.url)), {
      execArgv: ['--import', '@oxc-node/core/register'],
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    alive.add(this);
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#child.on('message', (message) => this.#said.add(message as string));
    // Not 'exit': by now all that it said has arrived.
    this.#child.on('close', (code, signal) => {
      alive.delete(this);
      this.#status = code ?? signal!;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** What it has written to standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** All that it has said that begins so. */
  all(beginning: string): string[] {
    return [...this.#said].filter((message) => message.startsWith(beginning));
  }

  get hasEnded(): boolean {
    return this.#status !== undefined;
  }

  hasSaid(message: string): boolean {
    return this.#said.has(message);
  }

  /** Resolves once it has said `message`, now or before. Rejects when it ends without. */
  async says(message: string): Promise<void> {
    await until(`${this.#name} says ${message}`, () => this.hasSaid(message) || this.#status !== undefined);
    if (!this.hasSaid(message)) throw new Error(`${this.#name} ended with ${this.#status} without saying ${message}:\n${this.#errors}`);
  }

  /** Resolves when it has ended, to its exit code or the signal that ended it. */
  async ends(): Promise<number | NodeJS.Signals> {
    await until(`${this.#name} ends`, () => this.#status !== undefined);
    return this.#status!;
  }

  tell(message: string): void {
    this.#child.send(message);
  }

  /** Sends a signal. Waits for the effect of those that cannot be caught. */
  async kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void> {
    if (this.#status !== undefined) return;
    this.#child.kill(signal);
    if (signal === 'SIGKILL') await this.ends();
    if (signal === 'SIGSTOP') await this.frozen();
  }

  /** Resolves when the process is frozen. */
  async frozen(): Promise<void> {
    const state = async (): Promise<string> => (await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(this.pid)])).stdout;
    await until(`${this.#name} is frozen`, async () => (await state()).startsWith('T'));
  }
}
