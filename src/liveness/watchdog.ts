// Ends the process when its event loop has been blocked for longer than the lease of its worker: by then other workers have its
// deliveries, and nothing else in the process can notice. A thread of its own measures the time, and the supervisor starts the process
// again. docs/design/watchdog.md
//
// The races: a process that was stopped as a whole (SIGSTOP, a laptop that sleeps, a container that is paused) must not be ended
// when it continues. So the thread adds up only the time of its own ticks, and the event loop may beat before the next one. And the
// thread must have the name of a receiver before that receiver blocks: it is sent before the call.
import { Worker as Thread } from 'node:worker_threads';
import type { Logger } from '../core/logger.ts';

/** Checks per lease. */
const TICKS = 20;
/** Receivers that the thread can tell apart. */
const MOST_NAMES = 1_024;
/** Indexes of the shared memory: the beat of the event loop, whether a debugger may hold the loop, and then the calls of each receiver. */
const [BEAT, DEBUGGED, CALLS] = [0, 1, 2] as const;

/** Plain JavaScript in a string, not a file: it must run from the sources, from the package and from a bundle. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { shared, leaseMs, tickMs } = workerData;
const memory = new Int32Array(shared);
const names = [];
parentPort.on('message', ([index, name]) => { names[index] = name; });
let beat = Atomics.load(memory, ${BEAT});
let blockedMs = 0;
setInterval(() => {
  const now = Atomics.load(memory, ${BEAT});
  if (now !== beat || Atomics.load(memory, ${DEBUGGED}) === 1) {
    beat = now;
    blockedMs = 0;
    return;
  }
  blockedMs += tickMs;
  if (blockedMs <= leaseMs) return;
  const running = names.filter((_name, index) => Atomics.load(memory, ${CALLS} + index) > 0);
  try {
    writeSync(2, 'signalbox: the event loop of process ' + process.pid + ' has been blocked for ' + Math.round(blockedMs) + ' ms, longer than the lease of its worker. ' +
      'Receivers that run: ' + (running.join(', ') || '(none)') + '. Ending the process, so that its supervisor starts it again.\\n');
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}, tickMs);
`;

/** Is notified of each call of a receiver. */
export interface CallWatch {
  /** Returns the function to call when the call ends. */
  began(receiver: string): () => void;
}

export class Watchdog implements CallWatch {
  readonly #memory = new Int32Array(new SharedArrayBuffer((CALLS + MOST_NAMES) * 4));
  readonly #indexes = new Map<string, number>();
  readonly #thread: Thread;
  readonly #heart: NodeJS.Timeout;

  private constructor(leaseMs: number) {
    const tickMs = leaseMs / TICKS;
    this.#beat();
    this.#thread = new Thread(THREAD, {
      eval: true,
      // Without the loaders and the environment of the application.
      execArgv: [],
      env: {},
      name: 'signalbox watchdog',
      workerData: { shared: this.#memory.buffer, leaseMs, tickMs },
    });
    this.#thread.unref();
    // More often than the thread ticks, so that a loop that is merely busy has beaten in between.
    this.#heart = setInterval(() => this.#beat(), tickMs / 2);
    this.#heart.unref();
  }

  /** Undefined where no thread can be started (Node's permission model may forbid it). */
  static start(leaseMs: number, log: Logger): Watchdog | undefined {
    try {
      const watchdog = new Watchdog(leaseMs);
      watchdog.#thread.on('error', (error: unknown) =>
        log.warn({ err: error }, 'the watchdog has ended; a receiver in an endless loop will not end this process'),
      );
      return watchdog;
    } catch (error) {
      log.warn({ err: error }, 'no watchdog can be started; a receiver in an endless loop will not end this process');
      return undefined;
    }
  }

  began(receiver: string): () => void {
    const index = CALLS + this.#indexOf(receiver);
    const memory = this.#memory;
    memory[index]!++;
    return () => void memory[index]!--;
  }

  async stop(): Promise<void> {
    clearInterval(this.#heart);
    await this.#thread.terminate();
  }

  #beat(): void {
    Atomics.store(this.#memory, DEBUGGED, isDebugged() ? 1 : 0);
    Atomics.add(this.#memory, BEAT, 1);
  }

  #indexOf(receiver: string): number {
    let index = this.#indexes.get(receiver);
    if (index === undefined) {
      index = Math.min(this.#indexes.size, MOST_NAMES - 1);
      this.#indexes.set(receiver, index);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#thread.postMessage([index, index === MOST_NAMES - 1 ? '(others)' : receiver]);
    }
    return index;
  }
}

/** A breakpoint blocks the event loop for as long as the developer looks at it. */
function isDebugged(): boolean {
  try {
    return process.getBuiltinModule('node:inspector').url() !== undefined;
  } catch {
    return false;
  }
}
