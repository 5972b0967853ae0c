// The headers of a trace, written and read: what is invalid is as if it were not there.
import { propagation, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { headersOf, senderOf, withBaggageOf } from '../../src/otel/propagation.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const NONE = new Set<string>();

test('what is written is read again', () => {
  const sent = { traceId: TRACE, spanId: SPAN, traceFlags: TraceFlags.SAMPLED };
  const headers = headersOf(trace.setSpanContext(ROOT_CONTEXT, sent), NONE);
  expect(headers).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01` });
  expect(senderOf(headers)).toEqual({ ...sent, isRemote: true });
});

test('the state of the trace goes along', () => {
  const sender = senderOf({ traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'vendor=1,other=2' })!;
  expect([sender.traceFlags, sender.traceState?.get('other')]).toEqual([TraceFlags.NONE, '2']);
  expect(headersOf(trace.setSpanContext(ROOT_CONTEXT, sender), NONE)).toEqual({
    traceparent: `00-${TRACE}-${SPAN}-00`,
    tracestate: 'vendor=1,other=2',
  });
});

test.each([
  ['nothing', undefined],
  ['no hexadecimal digits', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['the version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
  ['more than version 0 has', `00-${TRACE}-${SPAN}-01-more`],
  ['a part', `00-${TRACE}-${SPAN}`],
  ['text around it', ` 00-${TRACE}-${SPAN}-01`],
])('%s is no sender', (_what, traceparent) => {
  expect(senderOf(traceparent === undefined ? {} : { traceparent })).toBeUndefined();
});

test('a later version is read as far as it is known', () => {
  expect(senderOf({ traceparent: `01-${TRACE}-${SPAN}-03-more` })).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
});

test('of the baggage only what was asked for is read, and of that only what can be', () => {
  const headers = { baggage: 'tenant=acme%2C%20inc;ttl=1, user=1,broken=%E0%A4%A,empty,tenant2=x' };
  const entries = (keys: string[]): unknown =>
    propagation
      .getBaggage(withBaggageOf(headers, new Set(keys), ROOT_CONTEXT))
      ?.getAllEntries()
      .map(([key, { value }]) => [key, value]);
  expect(entries(['tenant', 'broken', 'empty'])).toEqual([['tenant', 'acme, inc']]);
  expect(entries([])).toBeUndefined();
});
