// Holds the things that the scenarios of the demo share: the shop of this process, a ledger that reads the database,
// the statistics service, and the current worker, which runs in a process of its own.
import { startStatisticsService, type StatisticsService } from '../shop/analytics/statistics-service.ts';
import { Order } from '../shop/order/order.ts';
import { PaymentProcesses } from '../shop/payment/payment-process.ts';
import { PaymentWebhook } from '../shop/payment/webhook.ts';
import { Ledger } from './ledger.ts';
import { type Program, startProgram } from './program.ts';
import { GATE } from './shipping.ts';
import { openShop, type OpenShop } from './shop.ts';

export interface PlacedOrder {
  readonly orderId: number;
  readonly paymentProcessId: number;
  /** The name under which the provider knows the payment. */
  readonly reference: string;
}

export class DemoEnvironment implements AsyncDisposable {
  readonly ledger: Ledger;
  readonly #programs: Program[] = [];
  #worker: Program | undefined;

  private constructor(
    private readonly url: string,
    readonly shop: OpenShop,
    readonly statistics: StatisticsService,
  ) {
    this.ledger = new Ledger(shop.db);
  }

  /** @param url of a migrated database */
  static async set(url: string): Promise<DemoEnvironment> {
    const environment = new DemoEnvironment(url, openShop(url), await startStatisticsService());
    await environment.shop.client.unsafe(
      'create schema demo; create sequence demo.shipping_calls; create table demo.parcel (payment_process_id int not null)',
    );
    return environment;
  }

  async placeOrder(item: string): Promise<PlacedOrder> {
    const { box } = this.shop;
    const { id: orderId, paymentProcessId } = await box.get(Order).place(item, 1_000);
    const { reference } = await box.get(PaymentProcesses).get(paymentProcessId);
    return { orderId, paymentProcessId, reference };
  }

  /** Calls the webhook as the provider does when a payment has succeeded. */
  async paymentSucceeds({ reference }: PlacedOrder): Promise<void> {
    await this.shop.box.get(PaymentWebhook).receive({ reference, outcome: 'succeeded' });
  }

  /** Starts a process that receives the same call and gets stuck before or after its COMMIT. */
  async stuckSender({ reference }: PlacedOrder, stuck: 'before' | 'after'): Promise<Program> {
    const sender = this.#start('./sender.ts', [stuck, reference]);
    await sender.says('stuck');
    return sender;
  }

  async startWorker(): Promise<Program> {
    this.#worker = this.#start('./worker.ts');
    await this.#worker.says('working');
    return this.#worker;
  }

  get worker(): Program {
    if (!this.#worker) throw new Error('No worker was started.');
    return this.#worker;
  }

  /** Shuts the gate in front of Shipping. Returns a function that opens it. */
  async shutGate(): Promise<() => Promise<void>> {
    const connection = await this.shop.client.reserve();
    await connection`select pg_advisory_lock(${GATE}::int)`;
    return async () => {
      await connection`select pg_advisory_unlock(${GATE}::int)`;
      connection.release();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    await this.statistics.close();
    await this.shop.box.close();
    await this.shop.client.end({ timeout: 1 });
  }

  #start(file: string, args: readonly string[] = []): Program {
    const program = startProgram(file, { DATABASE_URL: this.url, ANALYTICS_URL: this.statistics.url }, args);
    this.#programs.push(program);
    return program;
  }
}
