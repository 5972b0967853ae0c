// Texts of rows and addresses on every page: none becomes an element, an attribute or an address of its own, none keeps a control character, and
// what must not be seen is on no page.
import { expect, test } from 'vitest';
import type { Redaction } from '../../src/index.ts';
import { harness } from '../support/harness.ts';
import { ACTS, addresses, seed } from './addresses.ts';
import { ADA, browse } from './asking.ts';

const ELEMENTS = new Set(
  'html head meta title link script body header main nav section div h1 h2 h3 p a span svg path rect circle table thead tbody tr th td form input button label select option datalist fieldset legend details summary pre code dl dt dd ol ul li strong time meter g text tspan defs marker line polyline figure figcaption caption desc'.split(
    ' ',
  ),
);
const ATTRIBUTES =
  /^(hidden|xmlns|transform|text-anchor|dominant-baseline|marker-(start|end)|points|x1|y1|x2|y2|dx|dy|rx|ry|orient|refX|refY|markerWidth|markerHeight|markerUnits|preserveAspectRatio|stroke-dasharray|colspan|rowspan|lang|charset|name|content|rel|href|type|src|nonce|defer|class|id|tabindex|title|datetime|for|value|method|action|role|placeholder|list|checked|required|selected|open|min|max|maxlength|size|scope|reversed|autocomplete|spellcheck|aria-[a-z]+|data-(turbo|turbo-track|label)|viewBox|width|height|d|fill|stroke|stroke-width|stroke-linecap|stroke-linejoin|x|y|rx|cx|cy|r)$/;

/** Reads a page as a browser's tokenizer does. @returns its tags, each with its attributes */
function tagsOf(html: string): { name: string; attributes: [string, string][] }[] {
  const tags = [...html.matchAll(/<\/?([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/g)];
  return tags.map(([, name, rest]) => ({
    name: name!,
    attributes: [...rest!.matchAll(/([^\s=/"'<>]+)(?:="([^"]*)")?/g)].map(([, attribute, value = '']) => [attribute!, value]),
  }));
}

/** What is on a page that no page of ours has. */
function strangersOn(html: string): string[] {
  return tagsOf(html).flatMap(({ name, attributes }) => [
    ...(ELEMENTS.has(name) ? [] : [`<${name}>`]),
    ...attributes.filter(([attribute]) => !ATTRIBUTES.test(attribute)).map(([attribute]) => `${name} ${attribute}`),
    ...attributes
      .filter(([attribute, value]) => /^(href|src|action)$/.test(attribute) && !/^(\.\/[a-z-]*(\.\w+)?(\?|$)|#content$)/.test(value))
      .map(([, value]) => value),
  ]);
}

const CORPUS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `" autofocus onfocus="alert(1)`,
  `javascript:alert(1)//`,
  `</title></textarea></pre></script><svg onload=alert(1)>`,
  `<!--<img src="--><img src=x onerror=alert(1)//">`,
  `&lt;img src=x onerror=alert(1)&gt;`,
  '${alert(1)}{{alert(1)}}`',
  `../../../evil//evil.example/?a=b&c=d#e`,
];
const CONTROLS = 'a\u0001b\u001b[2J\u0007\u0085\u009b31m\u202egnp\u2028\u2066x\r\n\u0008';

test.each(CORPUS)('no page makes anything but text of %s', async (text) => {
  await using h = await harness();
  const seeded = await seed(h, text);
  const browser = browse(h, { authorize: () => ({ name: text }) });
  for (const [path, address] of Object.entries(addresses(seeded))) {
    const { status, headers, text: html } = await browser.get(address);
    if (status === 302) continue;
    expect([path, status]).toEqual([path, 200]);
    if (headers.get('content-type')!.startsWith('text/html')) expect([path, strangersOn(html)]).toEqual([path, []]);
    else expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f-]{36}\.json"$/);
  }
  const query = new URLSearchParams(
    Object.fromEntries(
      [
        'id',
        'name',
        'state',
        'receiver',
        'signal',
        'emission',
        'since',
        'until',
        'error',
        'path',
        'value',
        'cursor',
        'before',
        'act',
        'again',
        'done',
      ].map((name) => [name, text]),
    ),
  );
  for (const path of Object.keys(addresses(seeded)))
    expect([path, strangersOn((await browser.get(`${path}?${query.toString()}`)).text)]).toEqual([path, []]);
  for (const { path } of ACTS)
    expect([path, strangersOn((await browser.post(path, { receiver: text, emission: text, errand: text, back: text })).text)]).toEqual([
      path,
      [],
    ]);
});

test('the check of pages finds what the corpus would make', () => {
  expect(strangersOn('<p>a</p><a href="./deliveries?x=%3C">b</a>')).toEqual([]);
  for (const text of [
    CORPUS[0]!.replaceAll('script', 'object'),
    CORPUS[1]!,
    '<b>',
    '<a href="javascript:x">',
    '<p onclick="x">',
    '<a href="//evil">',
  ])
    expect(strangersOn(`<p>${text}</p>`)).not.toEqual([]);
  expect(strangersOn(`<p title="${CORPUS[3]!}">`)).not.toEqual([]);
});

// oxlint-disable-next-line no-control-regex -- they are what it looks for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

test('control characters are shown on every page, never sent', async () => {
  await using h = await harness();
  const seeded = await seed(h, CONTROLS);
  const browser = browse(h);
  const { text: shown } = await browser.get(addresses(seeded)['delivery']!);
  expect(shown).toContain('\\u001b[2J');
  expect(shown).toContain('\\u202e');
  for (const [path, address] of Object.entries(addresses(seeded))) {
    if (path === 'payload') continue;
    expect([path, (await browser.get(address)).text.match(UNSAFE)]).toEqual([path, null]);
  }
});

/** Written nowhere but where it must not be seen. */
const CANARY = 'canary-4111111111111111';

test('a person without view-payload finds nothing of payloads, headers, texts of errors and reasons on any page, nor by any search', async () => {
  await using h = await harness();
  const seeded = await seed(h, 'plain', CANARY);
  const browser = browse(h, { authorize: (_request, action) => (action === 'view-payload' ? false : { name: ADA }) });
  for (const [path, address] of Object.entries(addresses(seeded)))
    expect([path, (await browser.get(address)).text.includes(CANARY)]).toEqual([path, false]);
  expect((await browse(h).get(addresses(seeded)['delivery']!)).text).toContain(CANARY);
  for (const search of ['error=x', 'path=a&value=b', 'path=a', 'value=b'])
    for (const page of ['deliveries?', 'bulk?act=retry&']) {
      const { status, text } = await browser.get(page + search);
      expect([search, status, text]).toEqual([search, 403, expect.stringContaining('view-payload')]);
    }
  const acted = await browser.post('begin', { act: 'retry', error: 'message' });
  expect([acted.status, (await h.box.errands.list()).length]).toEqual([403, 1]);
});

const REDACTIONS: readonly (readonly [string, Redaction])[] = [
  ['paths and names', { payload: ['secret', 'nested.*'], headers: ['secret'] }],
  ['all', { payload: 'all', headers: 'all' }],
  ['a function', { payload: 'all', headers: 'all', errors: (text) => text.replaceAll(CANARY, '****') }],
];

test.each(REDACTIONS)('what the box redacts (%s) is on no page and in no file, and cannot be searched by', async (_what, redact) => {
  await using h = await harness();
  const seeded = await seed(h, 'plain', CANARY);
  await h.sql`update signalbox.emission set payload = ${JSON.stringify({ secret: CANARY, nested: [CANARY] })}::text::jsonb, headers = ${JSON.stringify({ secret: CANARY })}::text::jsonb`;
  const browser = browse({ box: h.another({ redact }) });
  // The reason of an act and the term of a search are what operators wrote themselves: they have no place in a redacted row.
  const rows = Object.entries(addresses(seeded)).filter(([path]) => path !== 'errand' && path !== 'errands' && path !== 'audit');
  for (const [path, address] of rows) expect([path, (await browser.get(address)).text.includes(CANARY)]).toEqual([path, false]);
  const { status, text } = await browser.get('deliveries?path=secret&value=x');
  expect([status, text]).toEqual([400, expect.stringContaining('which this box redacts')]);
  expect((await browser.get('bulk?act=retry&path=secret&value=x')).status).toBe(400);
  expect((await browser.post('begin', { act: 'retry', path: 'secret', value: CANARY })).status).toBe(400);
});
