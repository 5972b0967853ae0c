// Stands in for the third-party statistics service: an HTTP endpoint that counts reports, each idempotency key once. On
// demand, it fails before it counts, or after (then only its answer is lost).
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export type Failure = 'before counting' | 'after counting';

export interface StatisticsService extends AsyncDisposable {
  readonly url: string;
  /** The idempotency key of each request, in the order of arrival. */
  readonly requests: readonly string[];
  /** The number and the sum of the counted reports. */
  readonly total: { readonly count: number; readonly amountCents: number };
  /** Makes the next requests fail, one for each of `failures`; later requests succeed. */
  failNext(...failures: Failure[]): void;
  close(): Promise<void>;
}

const report = z.object({ amountCents: z.number() });

/** Listens on a free port of this machine. It does not keep the process alive. */
export async function startStatisticsService(): Promise<StatisticsService> {
  const requests: string[] = [];
  const amounts = new Map<string, number>();
  let failures: Failure[] = [];

  const answer = async (request: IncomingMessage): Promise<[status: number, text: string]> => {
    const key = String(request.headers['idempotency-key']);
    const { amountCents } = report.parse(JSON.parse(await text(request)));
    requests.push(key);
    const failure = failures.shift();
    if (failure === 'before counting') return [503, 'busy, come again'];
    amounts.set(key, amountCents);
    if (failure === 'after counting') return [500, 'counted, but something broke on the way back'];
    return [200, 'counted'];
  };

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, message]) => response.writeHead(status).end(message),
      () => response.writeHead(400).end('not a report'),
    );
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');

  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/payments`,
    requests,
    get total() {
      return { count: amounts.size, amountCents: [...amounts.values()].reduce((sum, amount) => sum + amount, 0) };
    },
    failNext: (...next) => (failures = next),
    close,
    [Symbol.asyncDispose]: close,
  };
}
