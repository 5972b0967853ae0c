// Signalbox under Express 5, which answers 500 when a handler rejects.
/* oxlint-disable oxc/no-async-endpoint-handlers -- the rule is for Express 4, which ignored rejections */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { and, eq } from 'drizzle-orm';
import express, { type Express } from 'express';
import { paymentProcess } from '../shop/payment/schema.ts';
import { payment } from '../shop/payment/signals.ts';
import { type Box, closeServer, type RunningServer, type StartOptions } from './server.ts';

export function createApp(box: Box): Express {
  const app = express();

  app.post('/payments/:reference/succeed', async (request, response) => {
    const succeeded = await box.db.transaction(async (tx) => {
      const [updated] = await tx
        .update(paymentProcess)
        .set({ status: 'succeeded' })
        .where(and(eq(paymentProcess.reference, request.params.reference), eq(paymentProcess.status, 'initiated')))
        .returning({ id: paymentProcess.id });
      if (updated) await payment.completed.emitReliable(tx, { paymentProcessId: updated.id });
      return updated !== undefined;
    });
    if (succeeded) response.status(204).end();
    else response.status(409).json({ error: 'no such payment, or it has ended' });
  });

  app.get('/health', async (_request, response) => {
    const { ok, workers } = await box.workers.health(); // the rest of the report is not for strangers
    response.status(ok ? 200 : 503).json({ ok, workers });
  });

  return app;
}

export async function start(box: Box, { port, worker }: StartOptions): Promise<RunningServer> {
  if (worker) await box.worker({ concurrency: 5 }).start(); // first: if it cannot start, the server must not
  const server = createApp(box).listen(port);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      await closeServer(server);
      await box.close();
    },
  };
}
