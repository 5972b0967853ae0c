// One process of the fleet: its start, the faults that hit it, and its end.
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Said by a worker whose tallies could not be written. */
export const NOT_WRITTEN = 'tallies not written';
const KEPT_ERRORS = 6_000;
const ANSWER_LIMIT_MS = 2_000;

export interface Span {
  readonly from: number;
  until: number;
}

export class Child {
  readonly program: 'worker' | 'sender';
  readonly pid: number;
  /** Behind the pooler. */
  readonly isPooled: boolean;
  readonly startedAt = Date.now();
  /** Infinity while it lives. */
  endedAt = Infinity;
  /** When it was asked to end, by SIGTERM or by a message. */
  askedAt = Infinity;
  killedAt = Infinity;
  lastSaid = '';
  /** When a write of its tallies failed. */
  readonly failedWrites: number[] = [];
  readonly frozen: Span[] = [];
  /** Whether it has started to work. */
  isStarted = false;
  /** Resolves once it has. */
  readonly started: Promise<void>;
  /** Resolves to the manner of its end. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcess;
  #errors = '';

  constructor(program: 'worker' | 'sender', environment: Record<string, string>, isPooled: boolean) {
    this.#process = fork(fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url)), {
      execArgv: ['--import', '@oxc-node/core/register'],
      env: { ...process.env, NODE_OPTIONS: '', SIGNALBOX_LOG_LEVEL: 'warn', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.program = program;
    this.isPooled = isPooled;
    this.pid = this.#process.pid!;
    this.#process.stderr!.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-KEPT_ERRORS)));
    this.#process.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#process.on('close', (code, signal) => {
        this.endedAt = Date.now();
        resolve(code ?? signal!);
      });
    });
    this.started = new Promise((resolve) => {
      this.#process.on('message', (message) => {
        this.lastSaid = message as string;
        if (message === NOT_WRITTEN) this.failedWrites.push(Date.now());
        if (message !== 'started') return;
        this.isStarted = true;
        resolve();
      });
    });
  }

  /** The last text that it has written to standard error. */
  get errors(): string {
    return this.#errors;
  }

  get isAlive(): boolean {
    return this.endedAt === Infinity && this.killedAt === Infinity;
  }

  get isFrozen(): boolean {
    return this.frozen.some(({ until }) => until === Infinity);
  }

  /** Whether it is alive, and was hit by no fault from which it would not recover. */
  get isSound(): boolean {
    return this.isAlive && !this.isFrozen && this.askedAt === Infinity;
  }

  tell(message: string): void {
    if (this.isAlive && this.#process.connected) this.#process.send(message, () => {});
  }

  /** Resolves to its answer to a question, or to `undefined` if it gives none. */
  async ask(question: string): Promise<string | undefined> {
    const answer = new Promise<string>((resolve) => {
      this.#process.on('message', (message) => {
        const text = message as string;
        if (text.startsWith(`${question}: `)) resolve(text.slice(question.length + 2));
      });
    });
    this.tell(question);
    return Promise.race([answer, pause(ANSWER_LIMIT_MS, undefined, { ref: false })]);
  }

  kill(): void {
    this.killedAt = Date.now();
    this.#process.kill('SIGKILL');
  }

  /** Asks it to end. */
  tellToEnd(how: 'SIGTERM' | 'by word'): void {
    this.askedAt = Date.now();
    if (how === 'SIGTERM') this.#process.kill('SIGTERM');
    else this.tell('end');
  }

  freeze(): void {
    this.frozen.push({ from: Date.now(), until: Infinity });
    this.#process.kill('SIGSTOP');
  }

  /** Makes it freeze itself when it next starts a delivery, if that is soon. */
  stall(withinMs: number): void {
    this.frozen.push({ from: Date.now(), until: Infinity });
    this.tell(`stall ${Date.now() + withinMs}`);
  }

  thaw(): void {
    const last = this.frozen.at(-1);
    if (last?.until !== Infinity) return;
    last.until = Date.now();
    this.#process.kill('SIGCONT');
  }
}
