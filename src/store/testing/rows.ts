// What the tests of applications do with all rows at once.
import type { Run } from '../../drivers/driver.ts';
import { travel, unfinished } from './rows.sql.ts';

/** A receiver with deliveries that run or are due. */
export interface Unfinished {
  /** The stored name. */
  readonly receiver: string;
  readonly running: number;
  readonly due: number;
}

export class TestingStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  /** Moves all rows back by as much. Returns how many. */
  async travel(ms: number): Promise<number> {
    return (await this.#pool(travel, [ms]))[0]!.moved;
  }

  async unfinished(): Promise<readonly Unfinished[]> {
    return this.#pool(unfinished, []);
  }
}
