// One half of a circle: the payment calls the order. The other half is orders.ts; ../call-the-order.ts loads them.
import { Service } from 'signalbox';
import { db, markPaid } from '../fixture.ts';
// oxlint-disable-next-line import/no-cycle -- the circle is what this example shows; a linter finds it, too
import { Orders } from './orders.ts';

@Service()
export class Payments {
  constructor(private readonly orders: Orders) {}

  async succeed(id: number): Promise<void> {
    await db.transaction(async (tx) => {
      await markPaid(tx, id);
      await this.orders.complete(tx, id);
    });
  }
}
