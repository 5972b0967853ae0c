// The frame of the dashboard: who is let in, under which address, and the headers of what they get.
import { expect, test } from 'vitest';
import { dashboard } from '../../src/dashboard/dashboard.tsx';
import { harness } from '../support/harness.ts';
import { browse } from './asking.ts';

test('without authorize there is no dashboard', async () => {
  await using h = await harness();
  for (const options of [undefined, {}, { authorize: true }, { authorize: null }, { authorize: () => false, redact: [] }])
    expect(() => dashboard(h.box, options as never)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
});

test('it loads from nowhere else, runs nothing inline, and is framed and cached by nobody', async () => {
  await using h = await harness();
  const { status, headers, text } = await browse(h).get('');
  expect(status).toBe(200);
  const policy = headers.get('content-security-policy')!;
  const [, nonce] = /script-src 'nonce-([\w-]{22})';/.exec(policy)!;
  expect(policy).toBe(
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  expect(text.match(/<(?:script|link rel="stylesheet")[^>]*>/g)!.every((element) => element.includes(`nonce="${nonce}"`))).toBe(true);
  expect(text).not.toMatch(/ style=|<style| on[a-z]+="|javascript:/);
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  });
  expect((await browse(h).get('')).headers.get('content-security-policy')).not.toBe(policy);
});

test('every address in a page is relative to the prefix, and what it loads is there', async () => {
  await using h = await harness();
  const browser = browse(h);
  const { text } = await browser.get('');
  const addresses = [...text.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address!);
  expect(addresses.length).toBeGreaterThan(8);
  expect(addresses.filter((address) => !/^(\.\/|#)/.test(address))).toEqual([]);
  for (const asset of addresses.filter((address) => address.includes('?v='))) {
    const got = await browser.get(asset);
    expect([got.status, got.headers.get('cache-control'), got.headers.get('x-content-type-options')]).toEqual([
      200,
      'private, max-age=31536000, immutable',
      'nosniff',
    ]);
  }
});

test.each([
  ['/', 200, undefined],
  ['/ops/signals/', 200, undefined],
  ['/ops/signals', 302, './signals/'],
  ['/ops/signals?state=dead', 302, './signals/?state=dead'],
  // Neither a scheme nor a host comes of the last part.
  ['//evil', 302, './evil/'],
  ['/javascript:alert(1)', 302, './javascript:alert(1)/'],
  ['/ops/signals/.env', 404, undefined],
  ['/ops/signals/style.css', 200, undefined],
])('under any prefix: %s is answered with %i', async (path, status, location) => {
  await using h = await harness();
  const { status: got, headers } = await browse(h).get(`https://ops.example.com${path}`);
  expect([got, headers.get('location') ?? undefined]).toEqual([status, location]);
});

test('a person whom authorize refuses gets a page that says so, and nothing of the database', async () => {
  await using h = await harness();
  const { status, headers, text } = await browse(h, { authorize: () => Promise.resolve(false as const) }).get('');
  expect(status).toBe(403);
  expect(text).toContain('You lack the permission view.');
  expect(text).not.toContain('Receivers</h2>');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});

test.each([
  ['rejects', () => Promise.reject(new Error('the session store is away'))],
  ['throws', () => { throw new Error('the session store is away'); }], // prettier-ignore
  ['answers true', () => true],
  ['answers nothing', () => undefined],
  ['answers a name that is no name', () => ({ name: '' })],
  ['answers a name with control characters', () => ({ name: 'ada\u001b[2J' })],
])('when authorize %s, nothing is shown, and the log has the reason', async (_what, authorize) => {
  await using h = await harness();
  const errors: unknown[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => errors.push(fields) };
  const { status, text } = await browse(h, { authorize: authorize as never, log }).get('');
  expect([status, errors.length]).toEqual([500, 1]);
  expect(text).not.toMatch(/Receivers<\/h2>|session store/);
});

test('authorize gets the request, and is asked on the server for each page', async () => {
  await using h = await harness();
  const asked: string[] = [];
  const authorize = (request: Request, action: string) => {
    asked.push(`${action} by ${request.headers.get('authorization')}`);
    return { name: 'ada' };
  };
  const { text } = await browse(h, { authorize }).get('', { authorization: 'Bearer 1' });
  expect(asked).toContain('view by Bearer 1');
  expect(text).toContain('as</span> ada');
});
