// The catalogue of receivers in the store: announced, listed, asked.
import type { Receiver } from '../../core/receivers.ts';
import type { Identity } from '../../core/renames.ts';
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import type { Namespace } from '../namespace.ts';
import { intArray } from '../params.ts';
import { announceReceivers } from './announcing.ts';
import { hasReceivers, listReceivers } from './catalogue.sql.ts';
import { waitingDeliveries } from './unserved.sql.ts';

export class CatalogueStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(pool: Run, namespace: Namespace) {
    this.#pool = pool;
    this.#namespace = namespace;
  }

  /**
   * Writes receivers into the catalogue, and returns the ids that deliveries for them may carry.
   * @param options `run`: in a caller's own transaction; `takesNames`: the names of this process are shown from now on
   */
  async announce(
    receivers: readonly Receiver[],
    { run, takesNames = false }: { readonly run?: Run; readonly takesNames?: boolean } = {},
  ): Promise<Identity[]> {
    return announceReceivers(run ? this.#namespace.on(run) : this.#pool, receivers, { takesNames });
  }

  /** All names of all receivers. */
  async list(): Promise<readonly RowOf<typeof listReceivers.columns>[]> {
    return this.#pool(listReceivers, []);
  }

  async hasReceivers(signalName: string): Promise<boolean> {
    return (await this.#pool(hasReceivers, [signalName]))[0]!.has;
  }

  /** Receivers other than these ids, for which deliveries have been due for so many seconds. */
  async waiting(otherThan: readonly number[], dueForSeconds: number): Promise<readonly RowOf<typeof waitingDeliveries.columns>[]> {
    return this.#pool(waitingDeliveries, [intArray(otherThan), String(dueForSeconds)]);
  }
}
