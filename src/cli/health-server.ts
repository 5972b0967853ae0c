// The port of `signalbox worker --port`: /live, /ready and /metrics, for as long as the process works.
import { createServer } from 'node:http';
import type { Signalbox } from '../box/box.ts';
import { nodeHandler } from '../dashboard/node.ts';
import type { MetricsSource } from '../operate/health-handler.ts';
import { UsageError } from './usage-error.ts';

/** Serves the probes of a box. Returns how to end that. @throws UsageError if the port is taken */
export async function serveHealth(box: Signalbox, port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const metrics = await metricsOf(box);
  const answer = nodeHandler(box.healthHandler(metrics ? { metrics } : {}));
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new UsageError(`--port ${port} cannot be listened on: ${error.code ?? error.message}. Give another port.`)),
    );
    server.listen(port, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The metrics of the box and of the process, where prom-client is installed. */
async function metricsOf(box: Signalbox): Promise<MetricsSource | undefined> {
  try {
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const { registerMetrics } = await import('../prometheus/metrics.ts');
    const register = new Registry();
    collectDefaultMetrics({ register });
    registerMetrics(register, box);
    return register;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
