// Calls the statistics service, a third-party service that is not always available.

export interface PaymentReport {
  paymentProcessId: number;
  amountCents: number;
}

export interface SendOptions {
  /** The same in every attempt, so that the service can tell a repetition from a second payment. */
  idempotencyKey: string;
  abortSignal: AbortSignal;
}

export class AnalyticsClient {
  constructor(private readonly url: string) {}

  /** @throws when the service does not answer, or answers with anything but 2xx */
  async send(report: PaymentReport, { idempotencyKey, abortSignal }: SendOptions): Promise<void> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(report),
      signal: abortSignal,
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`The statistics service answered ${response.status}: ${answer}`);
  }
}
