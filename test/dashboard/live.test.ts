// The stream of a page that stays open: what it sends, when it says nothing, and that a permission which is gone ends it.
import { expect, test } from 'vitest';
import { dashboard } from '../../src/dashboard/dashboard.tsx';
import { LiveSlots } from '../../src/dashboard/live/slots.ts';
import { liveStream } from '../../src/dashboard/live/stream.ts';
import { harness } from '../support/harness.ts';
import { ADA, browse, PREFIX } from './asking.ts';

const QUICK = { everyMs: 1, lifeMs: 60_000 };

/** The events of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const events = text.split('\n\n');
    text = events.pop()!;
    yield* events.filter((event) => event !== ': ');
  }
}

async function all(response: Response): Promise<string[]> {
  const events: string[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

const open = new AbortController().signal;

test('a stream sends the content when it has changed, and nothing when it has not', async () => {
  const contents = ['a', 'a', 'b', 'b', 'b', 'a', undefined];
  const events = await all(liveStream(async () => contents.shift(), open, QUICK));
  expect(contents).toEqual([]);
  expect(events[0]).toBe('retry: 2000');
  expect(events.slice(1).map((event) => /<template>(.*)<\/template>/.exec(event)![1])).toEqual(['a', 'b', 'a']);
});

test('content of many lines is one event that morphs the content of the page', async () => {
  const contents = ['<p>\none\n\ntwo</p>', undefined];
  const events = await all(liveStream(async () => contents.shift(), open, QUICK));
  expect(events[1]!.split('\n').every((line) => line.startsWith('data: '))).toBe(true);
  expect(events[1]!.replaceAll(/^data: /gm, '')).toBe(
    '<turbo-stream action="update" method="morph" target="content"><template><p>\none\n\ntwo</p></template></turbo-stream>',
  );
});

test('a page that cannot be made ends its stream, and the browser is told to come back later', async () => {
  const fail = async (): Promise<string> => Promise.reject(new Error('statement timeout'));
  expect(await all(liveStream(fail, open, QUICK))).toEqual(['retry: 30000']);
});

test('a browser that goes ends the stream: the page is made no more', async () => {
  let made = 0;
  const gone = new AbortController();
  const events = eventsOf(liveStream(async () => `${(made += 1)}`, gone.signal, QUICK));
  await events.next();
  gone.abort();
  const after = made;
  for await (const event of events) expect(event).toContain('<template>');
  expect(made).toBeLessThanOrEqual(after + 1);
});

test('the reader that cancels ends it, too', async () => {
  let made = 0;
  const { body } = liveStream(async () => `${(made += 1)}`, open, QUICK);
  const reader = body!.getReader();
  await reader.read();
  await reader.cancel();
  const after = made;
  await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThanOrEqual(after + 1);
});

test('the stream of a page sends what the page shows, asked for anew each time, until the permission is gone', async () => {
  await using h = await harness();
  const asked: string[] = [];
  const handle = dashboard(h.box, {
    authorize: ({ url }, action) => {
      asked.push(`${action} ${url.slice(PREFIX.length)}`);
      return asked.length < 6 ? { name: ADA } : false;
    },
    log: false,
  });
  const response = await handle(new Request(`${PREFIX}live?page=${encodeURIComponent('./workers?x=1')}`));
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const events = await all(response);
  expect(events.join('\n')).toContain('<h1>Workers</h1>');
  expect(events.at(-1)).toBe('retry: 30000');
  expect(new Set(asked)).toEqual(new Set(['view workers?x=1']));
});

test.each(['./live', './style.css', './payload', '//evil.example', './retry', './nothing', ''])(
  'there is no stream of %j',
  async (page) => {
    await using h = await harness();
    const may = (_request: Request, action: string) => (action === 'view' ? { name: ADA } : (false as const));
    const { status } = await browse(h, { authorize: may }).get(`live?page=${encodeURIComponent(page)}`);
    expect([403, 404]).toContain(status);
  },
);

test('a person who may not see a page gets no stream of it', async () => {
  await using h = await harness();
  const { status, text } = await browse(h, { authorize: () => false }).get('live?page=.%2F');
  expect(status).toBe(403);
  expect(text).toContain('You lack the permission view.');
});

test('no more pages are live than may be: one more is told when to come back, and has its turn when another ends', async () => {
  await using h = await harness();
  const handle = dashboard(h.box, { authorize: () => ({ name: ADA }), liveStreams: 2, log: false });
  const live = async (signal = open): Promise<Response> => handle(new Request(`${PREFIX}live?page=.%2F`, { signal }));
  const gone = new AbortController();
  const [first, second] = [await live(gone.signal), await live()];
  const third = await live();
  expect([first.status, second.status, third.status, third.headers.get('retry-after')]).toEqual([200, 200, 503, '10']);
  expect(await third.text()).toContain('2 pages of this dashboard are live already');
  // Its browser goes; the reader of the other cancels.
  gone.abort();
  await all(first);
  const fourth = await live();
  expect([fourth.status, (await live()).status]).toEqual([200, 503]);
  await second.body!.cancel();
  await expect.poll(async () => (await live()).status).toBe(200);
  await fourth.body!.cancel();
});

test('a page that is refused takes no place, and with none no page is live', async () => {
  await using h = await harness();
  const asked = `${PREFIX}live?page=.%2F`;
  let may = false;
  const handle = dashboard(h.box, { authorize: () => may && { name: ADA }, liveStreams: 1, log: false });
  for (let n = 0; n < 3; n++) expect((await handle(new Request(asked))).status).toBe(403);
  may = true;
  const admitted = await handle(new Request(asked));
  expect(admitted.status).toBe(200);
  await admitted.body!.cancel();
  const none = dashboard(h.box, { authorize: () => ({ name: ADA }), liveStreams: 0, log: false });
  expect((await none(new Request(asked))).status).toBe(503);
});

test('a place is given back once, however often its stream ends', () => {
  const slots = new LiveSlots(2);
  const [back, other] = [slots.take(), slots.take()];
  back();
  back();
  slots.take();
  expect(() => slots.take()).toThrow('2 pages of this dashboard are live already');
  other();
  slots.take();
});
