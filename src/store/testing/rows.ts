// What the tests of applications do with all rows at once.
import type { Run } from '../../drivers/driver.ts';
import { expireLeases, reopenDelivery, seenDeliveries, storeDelivery, travel, unfinished } from './rows.sql.ts';

/** A receiver with deliveries that run or are due. */
export interface Unfinished {
  /** The stored name. */
  readonly receiver: string;
  readonly running: number;
  readonly due: number;
}

/** A delivery, as an assertion sees it. */
export interface SeenDelivery {
  /** The stored name. */
  readonly receiver: string;
  readonly signal: string;
  readonly emissionId: string;
  readonly version: number;
  /** JSON text. */
  readonly payload: string;
  readonly state: string;
  readonly attempt: number;
  /** The message of its last error. */
  readonly error: string | null;
}

/** An emission for one receiver. */
export interface ForOne {
  readonly id: string;
  readonly signal: string;
  readonly version: number;
  /** JSON text. */
  readonly payload: string;
  readonly headers: string | null;
  readonly receiverId: number;
  /** Attempts so far. */
  readonly attempt: number;
}

/** An assertion judges by no more of the latest deliveries. */
const MOST_SEEN = 10_000;

export class TestingStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  /** Moves all rows back by as much. Returns how many. */
  async travel(ms: number): Promise<number> {
    return (await this.#pool(travel, [ms]))[0]!.moved;
  }

  /** The latest deliveries, in the order of their emissions. */
  async deliveries(): Promise<readonly SeenDelivery[]> {
    const rows = await this.#pool(seenDeliveries, [MOST_SEEN]);
    return rows.map(({ emission_id: emissionId, ...row }) => ({ ...row, emissionId })).toReversed();
  }

  async store({ id, signal, version, payload, headers, receiverId, attempt }: ForOne): Promise<void> {
    await this.#pool(storeDelivery, [id, signal, version, payload, headers, receiverId, attempt]);
  }

  /** Has the deliveries of an emission wait again. */
  async reopen(emissionId: string): Promise<void> {
    await this.#pool(reopenDelivery, [emissionId]);
  }

  /** Ends all leases. Returns how many there were. */
  async expireLeases(): Promise<number> {
    return (await this.#pool(expireLeases, []))[0]!.expired;
  }

  async unfinished(): Promise<readonly Unfinished[]> {
    return this.#pool(unfinished, []);
  }
}
