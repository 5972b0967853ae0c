// The errors of a request to end a payment, as classes that callers can tell apart.
import type { PaymentStatus } from './schema.ts';

export class UnknownPayment extends Error {
  override readonly name = 'UnknownPayment';
  constructor(readonly paymentProcessId: number) {
    super(`There is no payment process ${paymentProcessId}.`);
  }
}

export class PaymentAlreadyEnded extends Error {
  override readonly name = 'PaymentAlreadyEnded';
  constructor(
    readonly paymentProcessId: number,
    readonly status: PaymentStatus,
  ) {
    super(`Payment process ${paymentProcessId} has ${status} already; it ends only once.`);
  }
}
