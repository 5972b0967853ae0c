// The work of an operator, page by page, as a browser without script does it: forms, redirects, addresses.
import { expect, test } from 'vitest';
import { addRow } from '../operate/read-rows.ts';
import { addReceiver } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';
import { ADA, type Asked, browse, type Browser } from './asking.ts';

interface Desk extends Harness {
  readonly browser: Browser;
  readonly mails: number;
  readonly orders: number;
}

async function openDesk(): Promise<Desk> {
  const h = await harness();
  const [mails, orders] = [await addReceiver(h.sql, 'Mails.onPaid', 'order.paid'), await addReceiver(h.sql, 'Orders.onPaid', 'order.paid')];
  return { ...h, browser: browse(h), mails, orders };
}

/** The rows of a page's tables, as text. */
const rowsOf = ({ text }: Asked): string[] =>
  Array.from(/<tbody>(.*?)<\/tbody>/s.exec(text)?.[1]?.matchAll(/<tr>(.*?)<\/tr>/gs) ?? [], ([, row]) =>
    row!
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );

/** Sends the form of a page that leads to an act, as it is. */
async function submit(browser: Browser, page: Asked, act: string, more: Readonly<Record<string, string>> = {}): Promise<Asked> {
  const form = new RegExp(`<form method="post" action="\\./${act}".*?</form>`, 's').exec(page.text)?.[0];
  if (form === undefined) throw new Error(`The page has no form for ${act}.`);
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name!,
    unescaped(value!),
  ]);
  return browser.post(act, { ...Object.fromEntries(fields), ...more });
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

const locationOf = ({ headers }: Asked): string => headers.get('location')!;

test('a dead delivery is found by its error, read, and retried; the filter is kept, and the audit names the person', async () => {
  await using h = await openDesk();
  const { emissionId } = await addRow(h.sql, {
    receiver: h.mails,
    state: 'dead',
    attempt: 5,
    payload: { to: 'ann' },
    errors: [{ name: 'MailRefused', message: 'no such mailbox' }],
  });
  await addRow(h.sql, { receiver: h.orders, state: 'dead', errors: [{ name: 'Other', message: 'else' }] });
  const address = 'deliveries?state=dead&error=mailbox';
  const list = await h.browser.get(address);
  expect(rowsOf(list)).toEqual([expect.stringMatching(/^dead Mails\.onPaid order\.paid MailRefused no such mailbox 5 .* Retry$/)]);
  const page = await h.browser.get(`delivery?emission=${emissionId}&receiver=Mails.onPaid`);
  for (const text of ['no such mailbox', '&quot;to&quot;: &quot;ann&quot;', emissionId]) expect(page.text).toContain(text);
  const acted = await submit(h.browser, list, 'retry');
  expect([acted.status, locationOf(acted)]).toEqual([303, `./${address}&done=retried.1`]);
  const after = await h.browser.get(locationOf(acted));
  expect(rowsOf(after)).toEqual([]);
  expect(after.text).toContain('1 delivery will run again.');
  expect(after.text).toMatch(/name="state" value="dead" checked/);
  expect((await h.box.deliveries.get({ emissionId, receiver: 'Mails.onPaid' })).state).toBe('ready');
  expect(rowsOf(await h.browser.get('audit'))).toEqual([expect.stringMatching(new RegExp(`${ADA} retry .*Mails\\.onPaid.* done 1$`))]);
});

test('one is replayed, another cancelled with a reason', async () => {
  await using h = await openDesk();
  const done = await addRow(h.sql, { receiver: h.mails, state: 'completed' });
  const waiting = await addRow(h.sql, { receiver: h.orders, at: new Date(Date.now() + 3_600_000) });
  const replayed = await submit(h.browser, await h.browser.get(`delivery?emission=${done.emissionId}&receiver=Mails.onPaid`), 'replay');
  expect(locationOf(replayed)).toMatch(/^\.\/delivery\?.*done=replayed\.1$/);
  const page = await h.browser.get(`delivery?emission=${waiting.emissionId}&receiver=Orders.onPaid`);
  await submit(h.browser, page, 'cancel', { because: 'was a test' });
  expect((await h.box.deliveries.get(waiting.id)).errors.at(-1)!.message).toBe('was a test');
  expect((await h.box.deliveries.get(done.id)).generation).toBe(1);
});

test('all that match are retried: previewed with their number and samples, begun as an errand of the same filter, shown with what it did', async () => {
  await using h = await openDesk();
  for (let n = 0; n < 7; n++)
    await addRow(h.sql, { receiver: h.mails, state: 'dead', errors: [{ name: 'Timeout', message: `no answer ${n}` }] });
  await addRow(h.sql, { receiver: h.orders, state: 'dead', errors: [{ name: 'Timeout', message: 'no answer' }] });
  const list = await h.browser.get('deliveries?receiver=Mails.onPaid&error=Timeout');
  const toPreview = unescaped(/href="(\.\/bulk\?act=retry[^"]*)"/.exec(list.text)![1]!);
  const preview = await h.browser.get(toPreview);
  expect(preview.text).toContain('Retry 7 deliveries?');
  expect(rowsOf(preview)).toHaveLength(5);
  const begun = await submit(h.browser, preview, 'begin', { over: '10m' });
  expect(locationOf(begun)).toMatch(/^\.\/errand\?id=[0-9a-f-]{36}&done=begun\.1$/);
  const [errand] = await h.box.errands.list();
  expect(errand).toMatchObject({
    act: 'retry',
    by: ADA,
    filter: { states: ['dead'], receiver: 'Mails.onPaid', error: { name: 'Timeout' } },
  });
  // A second click finds the first.
  expect(locationOf(await submit(h.browser, preview, 'begin', { over: '10m' }))).toBe(`./errand?id=${errand!.id}&done=same.1`);
  const paused = await submit(h.browser, await h.browser.get(locationOf(begun)), 'pause-errand');
  expect((await h.box.errands.get(errand!.id))!.state).toBe('paused');
  await submit(h.browser, await h.browser.get(locationOf(paused)), 'resume-errand');
  await h.box.errands.work(errand!.id);
  expect((await h.browser.get(`errand?id=${errand!.id}`)).text).toMatch(/changed<\/span><span class="figure-value">7</);
  expect(await h.box.deliveries.count({ states: ['dead'] })).toMatchObject({ count: 1 });
});

test('a replay of receivers that act outside their transactions is asked about, and then done', async () => {
  await using h = await openDesk();
  await addRow(h.sql, { receiver: h.mails, state: 'completed' });
  const preview = await h.browser.get('bulk?act=replay&receiver=Mails.onPaid');
  const refused = await submit(h.browser, preview, 'begin');
  expect([refused.status, locationOf(refused)]).toEqual([303, './bulk?act=replay&again=ask&state=completed&receiver=Mails.onPaid']);
  const asked = await h.browser.get(locationOf(refused));
  expect(asked.text).toContain('may be done again');
  expect(locationOf(await submit(h.browser, asked, 'begin', { again: 'yes' }))).toMatch(/^\.\/errand\?/);
});

test('pages follow one another by a cursor in the address, each delivery on one of them', async () => {
  await using h = await openDesk();
  for (let n = 0; n < 120; n++) await addRow(h.sql, { receiver: h.mails, state: 'completed' });
  const seen: string[] = [];
  let address: string | undefined = 'deliveries?receiver=Mails.onPaid';
  for (let pages = 0; address !== undefined && pages < 4; pages++) {
    const page: Asked = await h.browser.get(address);
    seen.push(...Array.from(page.text.matchAll(/href="(\.\/delivery\?[^"]*)"/g), ([, href]) => href!));
    const next: string | undefined = /rel="next" href="([^"]*)"/.exec(page.text)?.[1];
    address = next && unescaped(next);
  }
  expect([seen.length, new Set(seen).size, address]).toEqual([120, 120, undefined]);
});

test('an emission shows what it caused as a tree, and what caused it', async () => {
  await using h = await openDesk();
  const [first, second, third] = [
    await addRow(h.sql, { receiver: h.mails, state: 'completed' }),
    await addRow(h.sql, { receiver: h.orders, state: 'completed' }),
    await addRow(h.sql, { receiver: h.orders, state: 'completed' }),
  ];
  for (const [caused, cause] of [
    [second, first],
    [third, second],
  ] as const)
    await h.sql`update signalbox.emission set caused_by = ${cause.emissionId}, caused_by_receiver = ${h.mails} where id = ${caused.emissionId}`;
  const { text } = await h.browser.get(`emission?id=${first.emissionId}`);
  const tree = /<ul class="tree">.*<\/ul>/s.exec(text)![0];
  expect(Array.from(tree.matchAll(/<ul|emission\?id=([0-9a-f-]{36})|by Mails\.onPaid/g), ([found, id]) => id ?? found)).toEqual([
    '<ul',
    second.emissionId,
    'by Mails.onPaid',
    '<ul',
    third.emissionId,
    'by Mails.onPaid',
  ]);
  const causedBy = (await h.browser.get(`emission?id=${second.emissionId}`)).text;
  expect(causedBy).toContain(`href="./emission?id=${first.emissionId}"`);
});

test('errors are grouped by receiver and message, and lead to their deliveries', async () => {
  await using h = await openDesk();
  for (let n = 0; n < 3; n++)
    await addRow(h.sql, { receiver: h.mails, state: 'dead', errors: [{ name: 'Timeout', message: 'no answer from mail' }] });
  await addRow(h.sql, { receiver: h.orders, state: 'dead', errors: [{ name: 'Conflict', message: 'version 3' }] });
  const page = await h.browser.get('errors');
  expect(rowsOf(page).map((row) => row.split(' ').slice(0, 2).join(' '))).toEqual(['3 Timeout', '1 Conflict']);
  const address = unescaped(/href="(\.\/deliveries\?[^"]*error=no\+answer[^"]*)"/.exec(page.text)![1]!);
  expect(rowsOf(await h.browser.get(address))).toHaveLength(3);
});

test('a receiver is paused and resumed, its queue too, its deliveries are moved, and it is retired', async () => {
  await using h = await openDesk();
  await addRow(h.sql, { receiver: h.mails, state: 'dead' });
  const page = (): Promise<Asked> => h.browser.get('receiver?name=Mails.onPaid');
  const listed = async () => (await h.box.receivers.list()).find(({ receiver }) => receiver === 'Mails.onPaid')!;
  await submit(h.browser, await page(), 'pause-receiver');
  expect((await listed()).pausedAt).toBeInstanceOf(Date);
  await submit(h.browser, await page(), 'resume-receiver');
  await submit(h.browser, await page(), 'pause-queue');
  expect([(await listed()).pausedAt, (await listed()).queuePausedAt]).toEqual([undefined, expect.any(Date)]);
  await submit(h.browser, await h.browser.get('receivers'), 'resume-queue');
  expect((await listed()).queuePausedAt).toBe(undefined);
  const moved = await submit(h.browser, await page(), 'move-receiver', { to: 'Orders.onPaid', dead: 'yes' });
  await h.box.errands.work(new URL(locationOf(moved), 'http://x').searchParams.get('id')!);
  expect(await h.box.deliveries.count({ receiver: 'Orders.onPaid', states: ['dead'] })).toMatchObject({ count: 1 });
  expect(locationOf(await submit(h.browser, await page(), 'retire-receiver'))).toMatch(/done=retired\.1$/);
  expect((await listed()).live).toBe(false);
});

test.each([
  ['01a224d0-ad6d-748e-b080-b62600e0fa42', './emission?id=01a224d0-ad6d-748e-b080-b62600e0fa42'],
  [' 4711 ', './delivery?id=4711'],
  ['01a224d0-ad6d-748e-b080-b62600e0fa42:4711:0', './delivery?id=01a224d0-ad6d-748e-b080-b62600e0fa42%3A4711%3A0'],
  ['//evil.example', './delivery?id=%2F%2Fevil.example'],
])('the id %s leads to its page', async (id, location) => {
  await using h = await openDesk();
  expect(locationOf(await h.browser.get(`find?id=${encodeURIComponent(id)}`))).toBe(location);
});

test.each([
  ['./deliveries?state=dead', './deliveries?state=dead&done=retried.0'],
  ['https://evil.example/', './?done=retried.0'],
  ['//evil.example', './?done=retried.0'],
  ['./../../evil', './?done=retried.0'],
  ['javascript:alert(1)', './?done=retried.0'],
  ['./deliveries?a=b\r\nset-cookie: x=y', './?done=retried.0'],
])('an act leads back to a page of the dashboard alone: from %s to %s', async (back, location) => {
  await using h = await openDesk();
  const acted = await h.browser.post('retry', { emission: '01a224d0-ad6d-748e-b080-b62600e0fa42', receiver: 'Mails.onPaid', back });
  expect([acted.status, locationOf(acted)]).toEqual([303, location]);
});

test('what cannot be asked is said above the same form; what is not there, on a page of its own', async () => {
  await using h = await openDesk();
  for (const [query, sentence] of [
    ['state=dad', 'states'],
    ['since=never', 'since is no time'],
    ['value=1', 'without its path'],
    ['cursor=abc', 'cursor'],
    ['emission=1', 'UUID'],
  ]) {
    const { status, text } = await h.browser.get(`deliveries?receiver=Mails.onPaid&${query}`);
    expect([query, status, text.includes('value="Mails.onPaid"')]).toEqual([query, 400, true]);
    expect(text).toContain(sentence);
  }
  for (const address of [
    'emission?id=01a224d0-ad6d-748e-b080-b62600e0fa42',
    'delivery?id=4711',
    'receiver?name=X',
    'errand?id=01a224d0-ad6d-748e-b080-b62600e0fa42',
  ])
    expect([address, (await h.browser.get(address)).status]).toEqual([address, 404]);
});

test('a long payload is folded, a very long one ends, and all of it is a file that keeps its digits', async () => {
  await using h = await openDesk();
  const digits = '123456789012345678901234567890.10';
  const { emissionId } = await addRow(h.sql, { receiver: h.mails, state: 'completed' });
  await h.sql`update signalbox.emission set payload = ${`{"n": ${digits}, "long": "${'x'.repeat(300_000)}end"}`}::text::jsonb`;
  const { text } = await h.browser.get(`emission?id=${emissionId}`);
  expect(text).toMatch(/<summary>Show the payload, 301 kB<\/summary>/);
  expect([text.includes('xend'), text.length < 250_000]).toEqual([false, true]);
  const file = await h.browser.get(`payload?id=${emissionId}`);
  expect([file.text.includes(digits), file.text.includes('xend')]).toEqual([true, true]);
});

test('a statement that took too long is said to have, with what narrows it', async () => {
  await using h = await openDesk();
  await h.sql.unsafe(`alter database ${new URL(h.url).pathname.slice(1)} set statement_timeout = '300ms'`);
  const browser = browse({ box: h.another() });
  await h.sql.begin(async (sql) => {
    await sql`lock table signalbox.settled in access exclusive mode`;
    const { status, text } = await browser.get('deliveries?state=dead');
    expect([status, text]).toEqual([503, expect.stringContaining('took longer than the statement_timeout')]);
  });
  expect((await browser.get('deliveries?state=dead')).status).toBe(200);
});
