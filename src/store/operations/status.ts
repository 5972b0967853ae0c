// Reads how a database stands: receivers, what waits for them, and workers.
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import * as sql from './status.sql.ts';

export { COUNTED } from './status.sql.ts';

export type ReceiverStatusRow = RowOf<typeof sql.receiverStatus.columns>;
export type ReceiverRow = RowOf<typeof sql.receiverList.columns>;
export type WorkerRow = RowOf<typeof sql.workerStatus.columns>;

export class StatusStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  async receiverStatus(): Promise<readonly ReceiverStatusRow[]> {
    return this.#pool(sql.receiverStatus, []);
  }

  async receivers(): Promise<readonly ReceiverRow[]> {
    return this.#pool(sql.receiverList, []);
  }

  async workers(): Promise<readonly WorkerRow[]> {
    return this.#pool(sql.workerStatus, []);
  }
}
