// Pauses in the store: of receivers and of queues.
import type { Run } from '../../drivers/driver.ts';
import type { Namespace } from '../namespace.ts';
import * as sql from './pause.sql.ts';

/** What a pause, or the end of one, found and changed: rows of the catalogue. */
export interface PauseChange {
  readonly found: number;
  readonly changed: number;
}

/** A queue that an operator has paused. */
export interface PausedQueue {
  /** As receivers name it. */
  readonly name: string;
  /** Since when, by the database's clock. */
  readonly pausedAt: Date;
}

export class PauseStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(pool: Run, namespace: Namespace) {
    this.#pool = pool;
    this.#namespace = namespace;
  }

  async pauseReceiver(name: string): Promise<PauseChange> {
    return (await this.#pool(sql.pauseReceiver, [name]))[0]!;
  }

  async resumeReceiver(name: string): Promise<PauseChange> {
    return (await this.#pool(sql.resumeReceiver, [name, this.#namespace.channel]))[0]!;
  }

  async pauseQueue(name: string): Promise<PauseChange> {
    return (await this.#pool(sql.pauseQueue, [name]))[0]!;
  }

  async resumeQueue(name: string): Promise<PauseChange> {
    return (await this.#pool(sql.resumeQueue, [name, this.#namespace.channel]))[0]!;
  }

  async pausedQueues(): Promise<readonly PausedQueue[]> {
    const rows = await this.#pool(sql.pausedQueues, []);
    return rows.map(({ name, paused_at_ms: ms }) => ({ name, pausedAt: new Date(ms) }));
  }
}
