// The payment provider calls this webhook when a payment has ended. The provider repeats a call until it gets a 2xx, so
// the same call may come twice, even at the same time.
import { Service } from 'signalbox';
import { z } from 'zod';
import { PaymentAlreadyEnded } from './errors.ts';
import { PaymentProcesses } from './payment-process.ts';

const news = z.object({ reference: z.string(), outcome: z.enum(['succeeded', 'failed']) });

@Service()
export class PaymentWebhook {
  constructor(private readonly payments: PaymentProcesses) {}

  /** Returns the HTTP status to answer with. */
  async receive(body: unknown): Promise<200 | 400 | 404 | 409> {
    const parsed = news.safeParse(body);
    if (!parsed.success) return 400;
    const { reference, outcome } = parsed.data;
    const found = await this.payments.findByReference(reference);
    if (!found) return 404;
    try {
      await this.payments.setStatus(found.id, { succeeded: outcome === 'succeeded' });
      return 200;
    } catch (error) {
      if (!(error instanceof PaymentAlreadyEnded)) throw error;
      return error.status === outcome ? 200 : 409;
    }
  }
}
