// box.status and the lists of receivers, signals and workers: how a database stands, in numbers that end at 1,000.
import { COUNTED, type ReceiverRow, type ReceiverStatusRow, type StatusStore, type WorkerRow } from '../store/operations/status.ts';
import type { Openness } from './emissions.ts';
import type { Counted } from './paging.ts';

/** A receiver as the catalogue has it. */
export interface ListedReceiver {
  /** The stored name: that which was announced last. */
  readonly receiver: string;
  /** Its other names. */
  readonly formerly: readonly string[];
  /** Name of the signal. A receiver of several signals is listed once for each. */
  readonly signal: string;
  readonly queue: string;
  readonly priority: number;
  /** Whether emissions make deliveries for it. */
  readonly live: boolean;
  /** When it was retired; `undefined` while it is live. */
  readonly retiredAt: Date | undefined;
  /** When a process announced it last; `undefined` if none has under any of its names. */
  readonly lastSeenAt: Date | undefined;
  /** Since when an operator has paused it. */
  readonly pausedAt: Date | undefined;
  /** Since when its queue has been paused. */
  readonly queuePausedAt: Date | undefined;
}

/** A receiver with what waits for it. */
export interface ReceiverStatus extends ListedReceiver {
  /** Ready, and due. */
  readonly due: Counted;
  /** When the first of these was due. */
  readonly oldestDue: Date | undefined;
  /** Ready, and due later: scheduled, or waiting for a retry. */
  readonly later: Counted;
  /** Ready after a failed attempt, due or later. */
  readonly retrying: Counted;
  /** With a worker: run by it, or claimed ahead. */
  readonly running: Counted;
  readonly dead: Counted;
  /** Deliveries wait, and no process has announced the receiver for a day: most likely its code is gone. */
  readonly orphaned: boolean;
}

/** A signal that the catalogue has receivers of. */
export interface ListedSignal {
  readonly signal: string;
  /** The stored names of its receivers that get new deliveries. */
  readonly receivers: readonly string[];
  /** Those that get none any more. */
  readonly retired: readonly string[];
}

/** An enrolled worker. */
export interface WorkerStatus {
  /** Its id in `signalbox.worker`. */
  readonly id: number;
  /** `host:pid`. */
  readonly label: string;
  /** Of the Signalbox that it runs; `undefined` for a worker of an older one. */
  readonly version: string | undefined;
  /** The same for all workers of a process. */
  readonly processId: string;
  readonly startedAt: Date;
  /** By the database's clock. After that others take its deliveries back. */
  readonly leaseUntil: Date;
  /** `lost`: its lease is over, or others have found it dead. */
  readonly state: 'working' | 'stopping' | 'lost';
  /** Deliveries that it runs or has claimed ahead. */
  readonly running: Counted;
}

/** How a database stands. */
export interface BoxStatus {
  /** By signal and name. */
  readonly receivers: readonly ReceiverStatus[];
  /** The oldest first, 1,000 at most. */
  readonly workers: readonly WorkerStatus[];
}

/** @param cut whether the rows that were counted were not all */
const counted = (count: number, cut = false): Counted => ({ count: Math.min(count, COUNTED), more: cut || count > COUNTED });

const dateOf = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

function listedOf(row: ReceiverRow): ListedReceiver {
  return {
    receiver: row.name,
    formerly: (JSON.parse(row.names) as string[]).filter((name) => name !== row.name),
    signal: row.signal,
    queue: row.queue,
    priority: row.priority,
    live: row.live,
    retiredAt: dateOf(row.retired_at_ms),
    lastSeenAt: dateOf(row.last_seen_at_ms),
    pausedAt: dateOf(row.paused_at_ms),
    queuePausedAt: dateOf(row.queue_paused_at_ms),
  };
}

function receiverOf(row: ReceiverStatusRow): ReceiverStatus {
  const due = counted(row.due);
  const later = counted(row.later, row.later_cut);
  const running = counted(row.running, row.running_cut);
  return {
    ...listedOf(row),
    due,
    oldestDue: dateOf(row.oldest_due_ms),
    later,
    retrying: counted(row.due_retrying + row.later_retrying, due.more || row.later_cut),
    running,
    dead: counted(row.dead, row.dead_cut),
    orphaned: !row.fresh && due.count + later.count + running.count > 0,
  };
}

function workerOf(row: WorkerRow): WorkerStatus {
  return {
    id: row.id,
    label: row.label,
    version: row.version ?? undefined,
    processId: row.process_id,
    startedAt: new Date(row.started_at_ms),
    leaseUntil: new Date(row.lease_until_ms),
    state: row.lost || row.expired ? 'lost' : row.stopping ? 'stopping' : 'working',
    running: counted(row.running, row.running_cut),
  };
}

/** The signals of the receivers. */
function signalsOf(receivers: readonly Pick<ListedReceiver, 'signal' | 'receiver' | 'live'>[]): ListedSignal[] {
  const signals = new Map<string, { readonly receivers: string[]; readonly retired: string[] }>();
  for (const { signal, receiver, live } of receivers) {
    const listed = signals.get(signal) ?? { receivers: [], retired: [] };
    signals.set(signal, listed);
    (live ? listed.receivers : listed.retired).push(receiver);
  }
  return [...signals].map(([signal, listed]) => ({ signal, ...listed }));
}

/** The signals of a database. */
export class BoxSignals {
  readonly #status: Status;

  /** @internal Made by the box. */
  constructor(status: Status) {
    this.#status = status;
  }

  /** The signals that the catalogue has receivers of, by name. @throws SignalboxError `MigrationMissing`, `BoxClosed` */
  async list(): Promise<ListedSignal[]> {
    return signalsOf(await this.#status.receivers());
  }
}

/** What the shelves of a box that list something share. */
export class Status {
  readonly #store: StatusStore;
  readonly #box: Openness;

  constructor(store: StatusStore, box: Openness) {
    this.#store = store;
    this.#box = box;
  }

  async read(): Promise<BoxStatus> {
    this.#box.assertOpen();
    const [receivers, workers] = await Promise.all([this.#store.receiverStatus(), this.#store.workers()]);
    return { receivers: receivers.map(receiverOf), workers: workers.map(workerOf) };
  }

  async receivers(): Promise<ListedReceiver[]> {
    this.#box.assertOpen();
    return (await this.#store.receivers()).map(listedOf);
  }

  async workers(): Promise<WorkerStatus[]> {
    this.#box.assertOpen();
    return (await this.#store.workers()).map(workerOf);
  }
}
