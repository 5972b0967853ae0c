// Signalbox under Fastify, whose close hook ends the box.
import type { AddressInfo } from 'node:net';
import { and, eq } from 'drizzle-orm';
import { fastify, type FastifyInstance } from 'fastify';
import { paymentProcess } from '../shop/payment/schema.ts';
import { payment } from '../shop/payment/signals.ts';
import { type Box, endIdleConnections, type RunningServer, type StartOptions } from './server.ts';

export function createApp(box: Box): FastifyInstance {
  const app = fastify();

  app.post<{ Params: { reference: string } }>('/payments/:reference/succeed', async (request, reply) => {
    const succeeded = await box.db.transaction(async (tx) => {
      const [updated] = await tx
        .update(paymentProcess)
        .set({ status: 'succeeded' })
        .where(and(eq(paymentProcess.reference, request.params.reference), eq(paymentProcess.status, 'initiated')))
        .returning({ id: paymentProcess.id });
      if (updated) await payment.completed.emitReliable(tx, { paymentProcessId: updated.id });
      return updated !== undefined;
    });
    return succeeded ? reply.code(204).send() : reply.code(409).send({ error: 'no such payment, or it has ended' });
  });

  app.get('/health', async (_request, reply) => {
    const { ok, workers } = await box.workers.health(); // the rest of the report is not for strangers
    return reply.code(ok ? 200 : 503).send({ ok, workers });
  });

  app.addHook('preClose', async () => endIdleConnections(app.server)); // or each keeps the server open for 72 s
  app.addHook('onClose', () => box.close()); // after the last answer
  return app;
}

export async function start(box: Box, { port, worker }: StartOptions): Promise<RunningServer> {
  if (worker) await box.worker({ concurrency: 5 }).start(); // first: if it cannot start, the server must not
  const app = createApp(box);
  await app.listen({ port });
  return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
}
