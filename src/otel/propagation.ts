// How a trace travels: as the W3C headers `traceparent` and `tracestate` of an emission, and `baggage` of the entries that were asked for.
// https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/. Baggage is often set by strangers, and stored here for as
// long as the emission is, so none travels by default.
import {
  type BaggageEntry,
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';

export type Headers = Readonly<Record<string, string>>;

/** The headers of a trace context: none where nothing is traced. @param baggage keys of the entries that travel */
export function headersOf(context: Context, baggage: ReadonlySet<string>): Headers {
  const span = trace.getSpanContext(context);
  const headers: Record<string, string> = {};
  if (span && isSpanContextValid(span)) {
    headers['traceparent'] = `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
    const state = span.traceState?.serialize();
    if (state) headers['tracestate'] = state;
  }
  const entries = baggage.size === 0 ? [] : (propagation.getBaggage(context)?.getAllEntries() ?? []);
  const text = entries
    .filter(([key]) => baggage.has(key))
    .map(([key, { value }]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join(',');
  if (text) headers['baggage'] = text;
  return headers;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The span that sent an emission; `undefined` where there was none, or where its header is invalid. */
export function senderOf(headers: Headers): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = PARENT.exec(headers['traceparent'] ?? '') ?? [];
  // Of version 0 nothing may follow; ff is forbidden; later versions begin as this one does.
  if (traceId === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const state = headers['tracestate'];
  const span: SpanContext = {
    traceId,
    spanId: spanId!,
    traceFlags: Number.parseInt(flags!, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(span) ? span : undefined;
}

/** `context` with the entries of the header `baggage` that are among `keys`. */
export function withBaggageOf(headers: Headers, keys: ReadonlySet<string>, context: Context): Context {
  const text = keys.size === 0 ? undefined : headers['baggage'];
  if (!text) return context;
  const entries: Record<string, BaggageEntry> = {};
  for (const member of text.split(',')) {
    const [pair] = member.split(';');
    const at = pair!.indexOf('=');
    const [key, value] = at < 0 ? [] : [decoded(pair!.slice(0, at)), decoded(pair!.slice(at + 1))];
    if (key !== undefined && value !== undefined && keys.has(key)) entries[key] = { value };
  }
  return Object.keys(entries).length === 0 ? context : propagation.setBaggage(context, propagation.createBaggage(entries));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}
