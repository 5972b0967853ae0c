// The web server of the shop, traced: its webhook, in a span as an instrumentation of HTTP makes one.
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from 'signalbox';
import { openTelemetry } from 'signalbox/otel';
import { Order } from '../../../examples/shop/order/order.ts';
import { PaymentProcesses } from '../../../examples/shop/payment/payment-process.ts';
import { PaymentWebhook } from '../../../examples/shop/payment/webhook.ts';
import { release, tell, told } from '../../processes/parent.ts';
import { startTracing } from './tracing.ts';

const flush = startTracing();
const client = postgres(process.env['DATABASE_URL']!, { fetch_types: false });
const box = createSignalbox({
  db: drizzle({ client }),
  services: [PaymentProcesses, PaymentWebhook, Order],
  extensions: [openTelemetry()],
  log: false,
});

async function traced(request: IncomingMessage): Promise<number> {
  const caller = propagation.extract(context.active(), request.headers);
  const span = trace.getTracer('http').startSpan(`${request.method} ${request.url}`, { kind: SpanKind.SERVER }, caller);
  const body = await json(request);
  const status = await context.with(trace.setSpan(caller, span), () => box.get(PaymentWebhook).receive(body));
  span.end();
  return status;
}

const server = createServer((request, response) => void traced(request).then((status) => response.writeHead(status).end()));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { paymentProcessId } = await box.get(Order).place('a lamp', 4_200);
const { reference } = await box.get(PaymentProcesses).get(paymentProcessId);
const ended = told('end');
tell(`at ${(server.address() as AddressInfo).port} for ${reference}`);
await ended;
server.close();
await box.close();
await client.end();
await flush();
release();
