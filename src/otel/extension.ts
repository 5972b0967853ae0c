// signalbox/otel: an extension that traces and measures emits and receivers with OpenTelemetry. It decides which spans there are and how
// they hang together; the names are in conventions.ts, the headers in propagation.ts. Without a tracer provider the API does nothing.
import {
  type Attributes,
  context as contexts,
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  type MeterProvider,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import type { Extension } from '../box/extension.ts';
import { errorReport } from '../core/error-report.ts';
import type { ReceiveInfo } from '../core/extension.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { listOf, object, oneOf, text } from '../core/rules.ts';
import { packageVersion } from '../version.ts';
import {
  ATTEMPT,
  CONSUMER_GROUP,
  DESTINATION,
  ERROR_TYPE,
  MESSAGE_COUNT,
  MESSAGE_ID,
  OPERATION_NAME,
  OPERATION_TYPE,
  QUEUE,
  SYSTEM,
} from './conventions.ts';
import { Instruments } from './instruments.ts';
import { quietly } from './quietly.ts';
import { headersOf, senderOf, withBaggageOf } from './propagation.ts';

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /**
   * How the span of a receiver belongs to the span that sent the emission. `'link'` (the default): it begins a trace of its own, which is
   * linked to the sender's, as the conventions have it: delays and retries would make traces that last for days. `'parent'`: the first attempt
   * of a single delivery is a child of the sender's span; later attempts and batches are linked.
   */
  relation?: 'link' | 'parent';
  /** Keys of the baggage that travels with an emission and is active in its receivers. Default: none. It is stored, and readable by operators. */
  baggage?: readonly string[];
  /** Default: the global one. */
  tracerProvider?: TracerProvider;
  /** Default: the global one. */
  meterProvider?: MeterProvider;
}

const OPTIONS: OptionTable<OpenTelemetryOptions> = {
  relation: oneOf('link', 'parent'),
  baggage: listOf('keys', text),
  tracerProvider: object('a tracer provider'),
  meterProvider: object('a meter provider'),
};

/** Where none could be made. */
const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/**
 * Traces `emitReliable` and `emitMany` as `send <signal>`, and each call of a receiver as `process <signal>`, active around the receiver;
 * measures both; and adds `trace_id` and `span_id` to the log. Local emits are calls, which need no context of ours.
 * Conventions: https://opentelemetry.io/docs/specs/semconv/messaging/
 * @throws SignalboxError `InvalidOption`
 * @example
 * createSignalbox({ db, services, extensions: [openTelemetry()] });
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Extension {
  checkOptions(options, OPTIONS, 'openTelemetry');
  const { relation = 'link', tracerProvider, meterProvider } = options;
  const baggage = new Set(options.baggage);
  const version = packageVersion();
  const start = (name: string, about: SpanOptions, parent: Context): Span =>
    quietly(() => (tracerProvider ?? trace).getTracer('signalbox', version).startSpan(name, about, parent), NO_SPAN);
  const instruments = new Instruments(meterProvider, version);

  return {
    name: 'signalbox.otel',

    async aroundEmit({ kind, signal, payloads, headers }, next) {
      if (kind === 'emit' || kind === 'emitRobust') return next();
      const attributes = { [SYSTEM]: 'signalbox', [OPERATION_NAME]: 'send', [OPERATION_TYPE]: 'send', [DESTINATION]: signal };
      const details = kind === 'emitMany' ? { [MESSAGE_COUNT]: payloads.length } : undefined;
      const span = start(`send ${signal}`, { kind: SpanKind.PRODUCER, attributes: { ...attributes, ...details } }, contexts.active());
      const context = trace.setSpan(contexts.active(), span);
      const work = async (): Promise<void> => {
        const receipts = await contexts.with(context, () => next({ ...headersOf(context, baggage), ...headers }));
        if (kind === 'emitReliable') quietly(() => span.setAttribute(MESSAGE_ID, receipts[0]!.emissionId), span);
      };
      return measured(span, work, (ms, failure) => instruments.sent(payloads.length, ms, { ...attributes, ...failure }));
    },

    async aroundReceive(call, next) {
      const attributes = {
        [SYSTEM]: 'signalbox',
        [OPERATION_NAME]: 'process',
        [OPERATION_TYPE]: 'process',
        [DESTINATION]: call.signal,
        [CONSUMER_GROUP]: call.receiver,
      };
      const { links, parent = contexts.active() } = relatives(call, relation);
      const about = { kind: SpanKind.CONSUMER, attributes: { ...attributes, ...detailsOf(call) }, links };
      const span = start(`process ${call.signal}`, about, parent);
      const headers = call.deliveries.length === 1 ? call.deliveries[0]!.emission.headers : {};
      const context = withBaggageOf(headers, baggage, trace.setSpan(parent, span));
      const work = (): Promise<void> => contexts.with(context, next);
      return measured(span, work, (ms, failure) => instruments.processed(ms, { ...attributes, ...failure }));
    },

    logFields() {
      const span = trace.getSpanContext(contexts.active());
      return span && { trace_id: span.traceId, span_id: span.spanId };
    },
  };
}

function detailsOf({ queue, deliveries }: ReceiveInfo): Attributes {
  const [first] = deliveries;
  return deliveries.length === 1
    ? { [QUEUE]: queue, [MESSAGE_ID]: first!.emission.id, [ATTEMPT]: first!.attempt }
    : { [QUEUE]: queue, [MESSAGE_COUNT]: deliveries.length };
}

/** The span that a receiver's span is a child of, and those that it is linked to. */
function relatives({ deliveries }: ReceiveInfo, relation: 'link' | 'parent'): { links: Link[]; parent?: Context } {
  const senders = deliveries.map(({ emission }) => senderOf(emission.headers));
  const [first] = senders;
  if (relation === 'parent' && first && deliveries.length === 1 && deliveries[0]!.attempt === 1)
    return { links: [], parent: trace.setSpanContext(contexts.active(), first) };
  return {
    links: senders.flatMap((sender, index) =>
      sender ? [{ context: sender, attributes: { [MESSAGE_ID]: deliveries[index]!.emission.id } }] : [],
    ),
  };
}

/** Ends the span with the outcome of `work`, and has it measured. */
async function measured(
  span: Span,
  work: () => Promise<void>,
  measure: (ms: number, failure: Attributes | undefined) => void,
): Promise<void> {
  const begun = performance.now();
  let failure: Attributes | undefined;
  try {
    await work();
  } catch (error) {
    failure = { [ERROR_TYPE]: typeOf(error) };
    quietly(() => fail(span, error), undefined);
    throw error;
  } finally {
    quietly(() => measure(performance.now() - begun, failure), undefined);
    quietly(() => span.end(), undefined);
  }
}

function fail(span: Span, error: unknown): void {
  const { name, message, stack } = errorReport(error);
  span.setAttribute(ERROR_TYPE, typeOf(error));
  span.recordException({ name, message, ...(stack === undefined ? {} : { stack }) });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The code of an error if it has one, or its name: few values, as the conventions ask. */
function typeOf(error: unknown): string {
  const { name, code } = errorReport(error);
  return code ?? name;
}
