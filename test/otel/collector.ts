// A collector of traces, as a process meets one: an endpoint of OTLP over HTTP in its JSON form, which keeps the spans that it is sent.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.string() }).transform(({ intValue }) => Number(intValue)),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map(({ key, value: of }) => [key, of])));

const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string(),
  name: z.string(),
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: z.int().min(1).max(5),
  attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes })),
  events: z.array(z.object({ name: z.string(), attributes })),
  /** 0 unset, 1 ok, 2 error. */
  status: z.object({ code: z.int(), message: z.string().optional() }),
});

const sent = z.object({
  resourceSpans: z.array(z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

export interface CollectedSpan extends z.infer<typeof span> {
  /** The process that made it. */
  readonly service: string;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** What was sent and is no trace. */
  readonly refused: readonly string[];
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const refused: string[] = [];
  const take = async (request: IncomingMessage): Promise<boolean> => {
    const body = await text(request);
    const parsed = request.url === '/v1/traces' ? sent.safeParse(JSON.parse(body)) : undefined;
    if (!parsed?.success) refused.push(`${request.url}: ${parsed?.error.message}`);
    for (const { resource, scopeSpans } of parsed?.data?.resourceSpans ?? [])
      for (const each of scopeSpans.flatMap((scope) => scope.spans))
        spans.push(Object.assign(each, { service: String(resource.attributes['service.name']) }));
    return parsed?.success ?? false;
  };
  const server = createServer((request, response) => {
    const answer = (status: number): unknown => response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    take(request).then(
      (isTaken) => answer(isTaken ? 200 : 400),
      () => answer(500),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    refused,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
