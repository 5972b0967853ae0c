// The other half of the circle: placing an order needs payments, so this import was there before payments called
// orders.
import { Service } from 'signalbox';
import { completeOrder, type db } from '../fixture.ts';
// oxlint-disable-next-line import/no-cycle -- the circle is what this example shows; a linter finds it, too
import { Payments } from './payments.ts';

@Service()
export class Orders {
  constructor(readonly payments: Payments) {}

  async complete(tx: Pick<typeof db, 'update'>, paymentId: number): Promise<void> {
    await completeOrder(tx, paymentId);
  }
}
