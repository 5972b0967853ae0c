// OpenTelemetry in a process, as an application sets it up: global, with an exporter of OTLP over HTTP in its JSON form.
import { type Attributes, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';

const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: String(value) },
  }));

const spanOf = (span: ReadableSpan): object => ({
  traceId: span.spanContext().traceId,
  spanId: span.spanContext().spanId,
  parentSpanId: span.parentSpanContext?.spanId ?? '',
  name: span.name,
  kind: span.kind + 1,
  attributes: keyValues(span.attributes),
  links: span.links.map(({ context: { traceId, spanId }, attributes = {} }) => ({ traceId, spanId, attributes: keyValues(attributes) })),
  events: span.events.map(({ name, attributes = {} }) => ({ name, attributes: keyValues(attributes) })),
  status: span.status,
});

const exporterTo = (url: string): SpanExporter => ({
  export: (spans, done) => {
    const resourceSpans = spans.map((span) => ({
      resource: { attributes: keyValues(span.resource.attributes) },
      scopeSpans: [{ scope: { name: span.instrumentationScope.name }, spans: [spanOf(span)] }],
    }));
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceSpans }) }).then(
      ({ ok }) => done({ code: ok ? ExportResultCode.SUCCESS : ExportResultCode.FAILED }),
      (error: Error) => done({ code: ExportResultCode.FAILED, error }),
    );
  },
  shutdown: async () => {},
});

/** Traces this process, under the name that SERVICE has, into the collector at COLLECTOR. Returns the flush. */
export function startTracing(): () => Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': process.env['SERVICE']! }),
    spanProcessors: [new SimpleSpanProcessor(exporterTo(process.env['COLLECTOR']!))],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return () => provider.forceFlush();
}
