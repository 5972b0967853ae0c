// Customers of the market, who come in waves and check out.
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { cart } from './market.ts';

const COUNTRIES = ['NO', 'FR', 'PL', 'PT', 'FI', 'IT'];
const NAMES = ['ada', 'grace', 'edsger', 'barbara', 'donald', 'radia', 'tony', 'frances'];

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** Until it is disposed of. */
export function sendCustomers(db: PostgresJsDatabase): AsyncDisposable {
  let orderId = 1_000;
  const closing = new AbortController();
  const come = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      orderId += 1;
      const name = pick(NAMES);
      const ordered = {
        orderId,
        cents: 500 + Math.floor(Math.random() * 20_000),
        customer: { email: `${name}@example.com`, country: pick(COUNTRIES) },
      };
      await db.transaction((tx) => cart.checkedOut.emitReliable(tx, ordered, { headers: { 'request-id': `web-${orderId}` } }));
      const wave = 1 + Math.sin(Date.now() / 20_000);
      await new Promise((resolve) => setTimeout(resolve, 60 + 160 * wave * Math.random()));
    }
  };
  const coming = come();
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await coming;
    },
  };
}
