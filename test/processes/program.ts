// A process under test: its messages, its end, and signals to it. Every wait is bounded, so that a test that waits in vain
// still ends its processes. A program that ends by an error that its code did not catch fails the test file, even if the test
// was about to kill the program anyway.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const CONDITION_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 10;
/** Of uncaught.ts. */
const UNCAUGHT = 'UNCAUGHT (';

/** Polls until the condition holds; fails when it does not hold within a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + CONDITION_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not come about that ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}

/** The programs of all tests, including timed-out ones: a frozen process would not notice the end of its test. */
const alive = new Set<Program>();
/** The last lines of programs that ended by an uncaught error. */
const uncaught: string[] = [];
afterAll(async () => {
  await Promise.all([...alive].map((program) => program.kill('SIGKILL')));
  if (uncaught.length > 0) throw new Error(`Programs ended by errors that their code did not catch:\n${uncaught.join('\n')}`);
});

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
      execArgv: ['--import', '@oxc-node/core/register', '--import', new URL('./uncaught.ts', import.meta.url).href],
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    alive.add(this);
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#child.on('message', (message) => this.#said.add(message as string));
    // Not 'exit': at this event all of its messages have arrived.
    this.#child.on('close', (code, signal) => {
      alive.delete(this);
      if (this.#errors.includes(UNCAUGHT)) uncaught.push(`${this.#name}: ${this.#errors}`);
      this.#status = code ?? signal!;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The text that it has written to standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Its messages that begin with `beginning`. */
  all(beginning: string): string[] {
    return [...this.#said].filter((message) => message.startsWith(beginning));
  }

  get hasEnded(): boolean {
    return this.#status !== undefined;
  }

  hasSaid(message: string): boolean {
    return this.#said.has(message);
  }

  /** Resolves once it has sent `message`, now or before. Rejects if it ends without that. */
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
