// What operators do with deliveries.
import type { ErrorRecord, SettledState } from '../../core/delivery.ts';
import type { Run } from '../../drivers/driver.ts';
import type { Namespace } from '../namespace.ts';
import { textArray } from '../params.ts';
import type { DeliveryAddress } from './delivery.ts';
import * as sql from './operations.sql.ts';

export class OperationsStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(pool: Run, namespace: Namespace) {
    this.#pool = pool;
    this.#namespace = namespace;
  }

  /** Returns the ids of those that it brought back. */
  async requeue({ emissionId, receiver }: DeliveryAddress, from: readonly SettledState[], generations: 0 | 1): Promise<string[]> {
    return ids(
      await this.#pool(sql.requeueDeliveries, [emissionId, receiver ?? null, textArray(from), generations, this.#namespace.channel]),
    );
  }

  async makeDue({ emissionId, receiver }: DeliveryAddress): Promise<string[]> {
    return ids(await this.#pool(sql.makeDeliveriesDue, [emissionId, receiver ?? null, this.#namespace.channel]));
  }

  async cancel({ emissionId, receiver }: DeliveryAddress, error: ErrorRecord): Promise<string[]> {
    const params = [emissionId, receiver ?? null, JSON.stringify(error)];
    const live = await this.#pool(sql.cancelDeliveries, params);
    return ids([...live, ...(await this.#pool(sql.cancelDead, params))]);
  }

  /** `undefined`: there is no such emission, or none that is committed. */
  async countLive(emissionId: string): Promise<number | undefined> {
    const [row] = await this.#pool(sql.countLive, [emissionId]);
    return row!.there ? row!.live : undefined;
  }
}

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
