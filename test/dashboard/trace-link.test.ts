// The link to the trace of an emission: an address of http or https, made of a valid header, or none.
import { expect, test } from 'vitest';
import { dashboard, type DashboardOptions } from '../../src/dashboard/dashboard.tsx';
import { traceLink } from '../../src/dashboard/trace-link.ts';
import { addRow } from '../operate/read-rows.ts';
import { addReceiver } from '../store/rows.ts';
import { harness } from '../support/harness.ts';
import { ADA, browse } from './asking.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const headers = (traceparent: unknown): string => JSON.stringify({ traceparent });
const TEMPLATE = 'https://traces.example/t/{traceId}?of={traceId}';

test('a template, or a function, makes the address of the id in the header', () => {
  expect(traceLink(TEMPLATE)(headers(PARENT))).toBe(`https://traces.example/t/${TRACE}?of=${TRACE}`);
  expect(traceLink((id) => `http://localhost:3000/${id}`)(headers(PARENT))).toBe(`http://localhost:3000/${TRACE}`);
  expect(traceLink(undefined)(headers(PARENT))).toBeUndefined();
});

test.each([
  ['no headers', undefined],
  ['no such header', '{}'],
  ['a redacted one', headers('[redacted]')],
  ['a number', headers(1)],
  ['an id of zeros', headers(`00-${'0'.repeat(32)}-b7ad6b7169203331-01`)],
  ['a forbidden version', headers(`ff-${TRACE}-b7ad6b7169203331-01`)],
  ['capital letters', headers(PARENT.toUpperCase())],
  ['markup after it', headers(`${PARENT}"><script>`)],
  ['a line before it', headers(`x\n${PARENT}`)],
])('%s makes no link', (_what, given) => {
  expect(traceLink(TEMPLATE)(given)).toBeUndefined();
});

test.each([
  ['another scheme', () => 'javascript:alert(1)'],
  ['a relative address', (id: string) => `/traces/${id}`],
  ['nothing', () => undefined],
  ['no text', () => 7 as unknown as string],
  [
    'an error',
    () => {
      throw new Error('no');
    },
  ],
])('a function that returns or throws %s makes no link', (_what, url) => {
  expect(traceLink(url)(headers(PARENT))).toBeUndefined();
});

test.each(['https://traces.example/', 'javascript:{traceId}', '/traces/{traceId}', 7])('the option %j is refused', async (traceUrl) => {
  await using h = await harness();
  const options = { authorize: () => ({ name: ADA }), traceUrl } as DashboardOptions;
  expect(() => dashboard(h.box, options)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
});

test('pages of an emission and of a delivery link to it, for those who may see headers', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql, 'Mails.onPaid', 'order.paid');
  const { emissionId } = await addRow(h.sql, { receiver, state: 'dead', headers: { traceparent: PARENT } });
  const pages = [`emission?id=${emissionId}`, `delivery?emission=${emissionId}&receiver=Mails.onPaid`];
  const shown = browse(h, { traceUrl: (id) => `https://traces.example/%22%3E${id}` });
  const escaped = browse(h, { traceUrl: (id) => `https://traces.example/?a=1&b='${id}'` });
  const withheld = browse(h, { traceUrl: TEMPLATE, authorize: (_request, action) => action !== 'view-payload' && { name: ADA } });
  for (const page of pages) {
    expect((await shown.get(page)).text).toContain(`<a href="https://traces.example/%22%3E${TRACE}" rel="noreferrer"`);
    expect((await escaped.get(page)).text).toContain(`href="https://traces.example/?a=1&amp;b=%27${TRACE}%27"`);
    expect((await withheld.get(page)).text).not.toContain(TRACE);
  }
});
