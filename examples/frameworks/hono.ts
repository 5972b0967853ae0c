// Signalbox under Hono, on Node's server.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { and, eq } from 'drizzle-orm';
import { Hono } from 'hono';
import { paymentProcess } from '../shop/payment/schema.ts';
import { payment } from '../shop/payment/signals.ts';
import { type Box, closeServer, type RunningServer, type StartOptions } from './server.ts';

export function createApp(box: Box): Hono {
  const app = new Hono();

  app.post('/payments/:reference/succeed', async (c) => {
    const succeeded = await box.db.transaction(async (tx) => {
      const [updated] = await tx
        .update(paymentProcess)
        .set({ status: 'succeeded' })
        .where(and(eq(paymentProcess.reference, c.req.param('reference')), eq(paymentProcess.status, 'initiated')))
        .returning({ id: paymentProcess.id });
      if (updated) await payment.completed.emitReliable(tx, { paymentProcessId: updated.id });
      return updated !== undefined;
    });
    return succeeded ? c.body(null, 204) : c.json({ error: 'no such payment, or it has ended' }, 409);
  });

  app.get('/health', async (c) => {
    const { ok, workers } = await box.workers.health(); // the rest of the report is not for strangers
    return c.json({ ok, workers }, ok ? 200 : 503);
  });

  return app;
}

export async function start(box: Box, { port, worker }: StartOptions): Promise<RunningServer> {
  if (worker) await box.worker({ concurrency: 5 }).start(); // first: if it cannot start, the server must not
  const server = serve({ fetch: createApp(box).fetch, port }) as Server;
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      await closeServer(server);
      await box.close();
    },
  };
}
