// Reads the state of the demo from the database: the checks read it here, never from the memory of a process.
import { asc, eq, inArray, sql } from 'drizzle-orm';
import { delivery, deliveryError, emission, receiver, settled, worker } from 'signalbox/schema';
import { paymentCount } from '../shop/analytics/schema.ts';
import { orders } from '../shop/order/schema.ts';
import { paymentProcess } from '../shop/payment/schema.ts';
import { GATE, parcel } from './shipping.ts';
import type { OpenShop } from './shop.ts';

/** A delivery of a payment's signal, live or settled. */
export interface DeliveryRow {
  readonly id: bigint;
  readonly receiver: string;
  readonly state: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly epoch: number;
}

export class Ledger {
  constructor(private readonly db: OpenShop['db']) {}

  async orderStatus(paymentProcessId: number): Promise<string | undefined> {
    const [row] = await this.db.select().from(orders).where(eq(orders.paymentProcessId, paymentProcessId));
    return row?.status;
  }

  async paymentStatus(id: number): Promise<string | undefined> {
    const [row] = await this.db.select().from(paymentProcess).where(eq(paymentProcess.id, id));
    return row?.status;
  }

  /** Returns the ids of the emissions for a payment. */
  async emissions(paymentProcessId: number): Promise<string[]> {
    const rows = await this.db
      .select()
      .from(emission)
      .where(sql`${emission.payload} ->> 'paymentProcessId' = ${String(paymentProcessId)}`);
    return rows.map(({ id }) => id);
  }

  /** Returns a payment's deliveries in the order of their receivers' names. */
  async deliveries(paymentProcessId: number): Promise<DeliveryRow[]> {
    const emissions = await this.emissions(paymentProcessId);
    if (emissions.length === 0) return [];
    const found: DeliveryRow[] = [];
    for (const table of [delivery, settled]) {
      const { id, state, attempt, crashes, epoch } = table;
      const rows = this.db.select({ id, receiver: receiver.name, state, attempt, crashes, epoch }).from(table);
      found.push(...(await rows.innerJoin(receiver, eq(receiver.id, table.receiverId)).where(inArray(table.emissionId, emissions))));
    }
    return found.toSorted((a, b) => a.receiver.localeCompare(b.receiver));
  }

  async delivery(paymentProcessId: number, receiverName: string): Promise<DeliveryRow | undefined> {
    return (await this.deliveries(paymentProcessId)).find((row) => row.receiver === receiverName);
  }

  /** Returns the states of a payment's deliveries, by receiver. */
  async states(paymentProcessId: number): Promise<Record<string, string>> {
    return Object.fromEntries((await this.deliveries(paymentProcessId)).map(({ receiver: name, state }) => [name, state]));
  }

  async settled(paymentProcessId: number): Promise<boolean> {
    const states = Object.values(await this.states(paymentProcessId));
    return states.length > 0 && states.every((state) => state !== 'ready' && state !== 'running');
  }

  /** Returns the errors of a delivery, oldest first. */
  async errors(deliveryId: bigint): Promise<{ attempt: number; at: Date; message: string }[]> {
    const rows = await this.db.select().from(deliveryError).where(eq(deliveryError.deliveryId, deliveryId)).orderBy(asc(deliveryError.id));
    return rows.map(({ attempt, at, error }) => ({ attempt, at, message: error.message }));
  }

  /** Returns `host:pid` of the worker that runs a delivery. */
  async runBy(deliveryId: bigint): Promise<string | undefined> {
    const rows = this.db.select({ label: worker.label }).from(delivery).innerJoin(worker, eq(worker.id, delivery.workerId));
    return (await rows.where(eq(delivery.id, deliveryId)))[0]?.label;
  }

  /** Returns the number of payments that Analytics has counted, by status. */
  async paymentsCounted(): Promise<Record<string, number>> {
    const rows = await this.db.select().from(paymentCount);
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  async paymentsSucceeded(): Promise<number> {
    return this.db.$count(paymentProcess, eq(paymentProcess.status, 'succeeded'));
  }

  /** Counts the parcels that Shipping booked for a payment. */
  async parcels(paymentProcessId: number): Promise<number> {
    return this.db.$count(parcel, eq(parcel.paymentProcessId, paymentProcessId));
  }

  /** Counts all calls of Shipping, whatever their outcome. */
  async shippingCalls(): Promise<number> {
    const [row] = await this.db.execute<{ calls: number }>(
      sql`select case when is_called then last_value else 0 end::int as calls from demo.shipping_calls`,
    );
    return row!.calls;
  }

  /** Counts the connections that wait at Shipping's gate. */
  async waitingAtGate(): Promise<number> {
    const [row] = await this.db.execute<{ count: number }>(
      sql`select count(*)::int as count from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`,
    );
    return row!.count;
  }

  /** Counts the connections that are idle inside a transaction, such as one whose client is stuck. */
  async idleTransactions(): Promise<number> {
    const [row] = await this.db.execute<{ count: number }>(
      sql`select count(*)::int as count from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
    );
    return row!.count;
  }
}
