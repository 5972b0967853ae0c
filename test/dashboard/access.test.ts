// Who may do what: every route against every refusal, and every act against a request that another site made.
import { expect, test } from 'vitest';
import type { DashboardAction } from '../../src/dashboard/dashboard.tsx';
import { harness, type Harness } from '../support/harness.ts';
import { ACTS, actsOn, addresses, PAGES, seed, type Seeded } from './addresses.ts';
import { ADA, browse, ORIGIN } from './asking.ts';

const ACTIONS: readonly DashboardAction[] = ['view', 'view-payload', 'act', 'act-in-bulk', 'configure'];

const allBut = (refused: readonly DashboardAction[]) => ({
  authorize: (_request: Request, action: DashboardAction) => (refused.includes(action) ? (false as const) : { name: ADA }),
});

/** What acts change: their entries in the audit. */
const entriesBy = async ({ box }: Harness): Promise<number> => (await box.audit.list()).filter(({ by }) => by === ADA).length;

async function openSeeded(): Promise<Harness & { readonly seeded: Seeded }> {
  const h = await harness();
  return { ...h, seeded: await seed(h, 'plain') };
}

test('every route has an address, or fields, with which this file asks for it', async () => {
  const none: Seeded = { emissionId: '', receiver: '', errandId: '' };
  expect(Object.keys(addresses(none)).toSorted()).toEqual(PAGES.map(({ path }) => path).toSorted());
  expect(Object.keys(actsOn(none)).toSorted()).toEqual(ACTS.map(({ path }) => path).toSorted());
});

test.each(ACTIONS)('where %s alone is refused, the pages that need it are, and only those', async (refused) => {
  await using h = await openSeeded();
  const browser = browse(h, allBut([refused]));
  for (const { path, action } of PAGES) {
    const { status, text } = await browser.get(addresses(h.seeded)[path]!);
    expect([path, status === 403]).toEqual([path, action === refused]);
    if (status === 403) expect(text).not.toContain('plain');
  }
});

test.each(ACTIONS)('where %s is granted alone, every other page and act is refused, and nothing is changed', async (granted) => {
  await using h = await openSeeded();
  const browser = browse(h, allBut(ACTIONS.filter((action) => action !== granted)));
  for (const { path, action } of PAGES)
    expect([path, (await browser.get(addresses(h.seeded)[path]!)).status === 403]).toEqual([path, action !== granted]);
  for (const { path } of ACTS.filter(({ action }) => action !== granted)) {
    const { status } = await browser.post(path, actsOn(h.seeded)[path]);
    expect([path, status]).toEqual([path, 403]);
  }
  expect(await entriesBy(h)).toBe(0);
});

test('a person who may do everything can: each act is done, recorded under the name, and leads on', async () => {
  await using h = await openSeeded();
  const browser = browse(h);
  for (const { path } of ACTS) {
    const before = await entriesBy(h);
    const { status, headers, text } = await browser.post(path, actsOn(h.seeded)[path]);
    // The errand was stopped, the receiver retired: an act may come too late, but never without a word.
    expect([path, status === 303 || status === 404 || status === 409, text]).toEqual([
      path,
      true,
      status === 303 ? '' : expect.stringContaining('<h1>'),
    ]);
    if (status === 303) expect([path, headers.get('location')]).toEqual([path, expect.stringMatching(/^\.\/[a-z]*\?.*done=/)]);
    expect([path, await entriesBy(h)]).toEqual([path, before + 1]);
  }
});

test('a read-only dashboard refuses every act, whatever authorize says, and shows no form for one', async () => {
  await using h = await openSeeded();
  const browser = browse(h, { readOnly: true });
  for (const { path } of ACTS) {
    const { status, text } = await browser.post(path, actsOn(h.seeded)[path]);
    expect([path, status, text]).toEqual([path, 403, expect.stringContaining('read-only')]);
  }
  expect(await entriesBy(h)).toBe(0);
  for (const address of Object.values(addresses(h.seeded))) expect((await browser.get(address)).text).not.toContain('method="post"');
});

const OTHERS: readonly (readonly [string, Record<string, string>])[] = [
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a neighbouring domain', { 'sec-fetch-site': 'same-site' }],
  ['an address bar', { 'sec-fetch-site': 'none' }],
];

test.each(OTHERS)('a form that comes from %s does nothing, even with the token', async (_what, headers) => {
  await using h = await openSeeded();
  for (const { path } of ACTS) {
    const { status } = await browse(h).post(path, actsOn(h.seeded)[path], { headers });
    expect([path, status]).toEqual([path, 403]);
  }
  expect(await entriesBy(h)).toBe(0);
});

test.each([
  ['of another host', 'https://evil.example', {}, 403],
  ['that is null', 'null', {}, 403],
  ['of another port', 'https://ops.example.com:8443', {}, 403],
  ['of the host that was asked', ORIGIN, {}, 303],
  ['of the host that a proxy was asked for', 'https://public.example.com', { 'x-forwarded-host': 'public.example.com' }, 303],
  ['that is missing', undefined, {}, 403],
])('a browser that does not say where a form comes from is judged by its origin, such as one %s', async (_what, origin, more, status) => {
  await using h = await openSeeded();
  const browser = browse(h);
  const { emissionId, receiver } = h.seeded;
  const got = await browser.post(
    'retry',
    { emission: emissionId, receiver },
    { headers: { 'sec-fetch-site': undefined, origin, ...more } },
  );
  expect(got.status).toBe(status);
});

test('a form without the token, with that of another person, or of another browser does nothing', async () => {
  await using h = await openSeeded();
  const { emissionId, receiver } = h.seeded;
  const fields = { emission: emissionId, receiver };
  let name = 'eve';
  const browser = browse(h, { authorize: () => ({ name }) });
  const tokenOnPage = async (): Promise<string> =>
    /name="csrf" value="([^"]+)"/.exec((await browser.get(addresses(h.seeded)['delivery']!)).text)![1]!;
  const ofEve = await tokenOnPage();
  name = ADA;
  const ofAda = await tokenOnPage();
  for (const csrf of [undefined, '', 'x', ofEve]) {
    const { status, text: page } = await browser.post('retry', { ...fields, ...(csrf !== undefined && { csrf }) }, { token: false });
    expect([status, page]).toEqual([403, expect.stringContaining('another session')]);
  }
  expect((await browse(h).post('retry', { ...fields, csrf: ofAda }, { token: false })).status).toBe(403);
  expect((await browser.post('retry', { ...fields, csrf: ofAda }, { token: false, headers: { cookie: '' } })).status).toBe(403);
  expect(await entriesBy(h)).toBe(0);
  expect((await browser.post('retry', { ...fields, csrf: ofAda }, { token: false })).status).toBe(303);
});

test('a browser without the cookie is given one that script and other sites do not get', async () => {
  await using h = await openSeeded();
  const { headers } = await browse(h).get('', { cookie: 'other=1' });
  expect(headers.get('set-cookie')).toMatch(/^signalbox-dashboard=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  expect((await browse(h).get('')).headers.get('set-cookie')).toBe(null);
});

test('what is no form, or a very long one, is refused', async () => {
  await using h = await openSeeded();
  const browser = browse(h);
  expect((await browser.post('retry', {}, { headers: { 'content-type': 'application/json' } })).status).toBe(415);
  expect((await browser.post('retry', { because: 'x'.repeat(70_000) })).status).toBe(413);
  expect((await browser.get('retry')).status).toBe(302);
});
