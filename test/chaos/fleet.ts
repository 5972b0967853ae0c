// The processes of a run: a number of workers and senders, on both drivers, half of each behind a pooler if there is
// one. A process that ends is replaced. A process that ends without having been killed or asked to, or that does not
// end when asked, has misbehaved.
import { setTimeout as pause } from 'node:timers/promises';
import { Child } from './child.ts';
import type { Misbehaviour } from '../evidence/evidence.ts';

const DRIVERS = ['postgres.js', 'node-postgres'] as const;
/**
 * A worker may take its shutdown timeout and the time of an interruption to end, and the database may be down
 * meanwhile.
 */
const END_LIMIT_MS = 20_000;

export interface FleetOptions {
  readonly url: string;
  /** Through the pooler. */
  readonly pooledUrl: string | undefined;
  readonly seed: number;
  readonly workers: number;
  readonly senders: number;
  /** A sender's average pause between two transactions. */
  readonly pauseMs: number;
  /** A file of its own for each sender's log. */
  logOf(name: string): string;
}

interface Slot {
  readonly program: 'worker' | 'sender';
  readonly label: string;
  readonly driver: string;
  readonly isPooled: boolean;
  child: Child | undefined;
}

export class Fleet {
  /** All processes of the run, including ended ones. */
  readonly children: Child[] = [];
  readonly misbehaviours: Misbehaviour[] = [];
  readonly senderLogs: string[] = [];
  readonly #options: FleetOptions;
  readonly #slots: Slot[] = [];
  readonly #labels = new Map<Child, string>();
  #replacing = true;
  #sending = true;
  #senders = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    const slots = (program: Slot['program'], count: number): Slot[] =>
      Array.from({ length: count }, (_, index) => {
        const driver = DRIVERS[index % 2]!;
        // Two of four, one of each driver.
        const isPooled = options.pooledUrl !== undefined && [1, 2].includes(index % 4);
        return { program, label: `${program} ${index + 1} (${driver}${isPooled ? ', pooled' : ''})`, driver, isPooled, child: undefined };
      });
    this.#slots.push(...slots('worker', options.workers), ...slots('sender', options.senders));
  }

  /** Starts the workers, and then, when their receivers are known, the senders. */
  async start(): Promise<void> {
    const first = this.#slots.filter(({ program }) => program === 'worker').map((slot) => this.#fill(slot));
    await Promise.all(first.map(({ started }) => started));
    const rest = this.#slots.filter(({ program }) => program === 'sender').map((slot) => this.#fill(slot));
    await Promise.all(rest.map(({ started }) => started));
  }

  /** The processes of a program that a fault can hit now. */
  sound(program?: Slot['program']): Child[] {
    const slots = this.#slots.filter((slot) => program === undefined || slot.program === program);
    return slots.map(({ child }) => child).filter((child): child is Child => child?.isSound ?? false);
  }

  labelOf(child: Child): string {
    return this.#labels.get(child)!;
  }

  /** Asks a worker to end, as an operator would. */
  terminate(child: Child): void {
    child.tellToEnd('SIGTERM');
    void this.#expectEnd(child);
  }

  /** Lets the senders finish and thaws frozen processes; from now on senders are not replaced. */
  async endSenders(): Promise<void> {
    for (const child of this.children) child.thaw();
    this.#sending = false;
    const senders = this.#slots.filter(({ program }) => program === 'sender').map(({ child }) => child!);
    for (const sender of senders) if (sender.isSound) sender.tellToEnd('by word');
    await Promise.all(senders.map((sender) => this.#expectEnd(sender)));
  }

  /** Ends the workers as an operator would. Returns those that ended so. */
  async endWorkers(): Promise<readonly Child[]> {
    this.#replacing = false;
    const workers = this.sound('worker');
    for (const worker of workers) worker.tellToEnd('SIGTERM');
    await Promise.all(workers.map((worker) => this.#expectEnd(worker)));
    return workers.filter(({ killedAt }) => killedAt === Infinity);
  }

  /** The deliveries that each process is running, by the workers' own reports. */
  async runs(): Promise<Map<string, string>> {
    const runs = new Map<string, string>();
    for (const worker of this.sound('worker'))
      for (const id of ((await worker.ask('runs')) ?? '').split(' ')) runs.set(id, `${this.#labels.get(worker)}, process ${worker.pid}`);
    return runs;
  }

  killAll(): void {
    this.#replacing = false;
    for (const child of this.children) if (child.isAlive) child.kill();
  }

  #fill(slot: Slot): Child {
    const { url, pooledUrl, seed, pauseMs, logOf } = this.#options;
    const environment: Record<string, string> = {
      DRIVER: slot.driver,
      ...(slot.isPooled ? { DATABASE_URL: pooledUrl!, POOLED: 'yes' } : { DATABASE_URL: url }),
    };
    if (slot.program === 'sender') {
      const name = `s${++this.#senders}`;
      const log = logOf(name);
      this.senderLogs.push(log);
      Object.assign(environment, { NAME: name, LOG: log, SEED: String(seed * 1_000 + this.#senders), PAUSE_MS: String(pauseMs) });
    }
    const child = new Child(slot.program, environment, slot.isPooled);
    slot.child = child;
    this.children.push(child);
    this.#labels.set(child, slot.label);
    void child.ended.then((status) => this.#ended(slot, child, status));
    return child;
  }

  #ended(slot: Slot, child: Child, status: number | NodeJS.Signals): void {
    if (child.killedAt === Infinity && !(child.askedAt < Infinity && status === 0))
      this.#misbehaved(child, `ended with ${status}:\n${child.errors}`);
    const wanted = slot.program === 'worker' || this.#sending;
    if (this.#replacing && wanted && slot.child === child) this.#fill(slot);
  }

  async #expectEnd(child: Child): Promise<void> {
    const late = pause(END_LIMIT_MS, 'late' as const, { ref: false });
    if ((await Promise.race([child.ended, late])) !== 'late') return;
    this.#misbehaved(child, `did not end within ${END_LIMIT_MS} ms of being asked to; it last said: ${child.lastSaid}\n${child.errors}`);
    child.kill();
    await child.ended;
  }

  #misbehaved(child: Child, what: string): void {
    this.misbehaviours.push({ who: `${this.#labels.get(child)}, process ${child.pid}`, what });
  }
}
