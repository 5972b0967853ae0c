// The dashboard under the servers of examples/dashboard, over real HTTP: below a prefix, with a form that acts, and with the built package.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { drizzle } from 'drizzle-orm/postgres-js';
import { createSignalbox, type Signalbox } from 'signalbox';
import { dashboard, nodeHandler } from 'signalbox/dashboard';
import { expect, test } from 'vitest';
import { server as bunServer } from '../../examples/dashboard/bun.ts';
import * as express from '../../examples/dashboard/express.ts';
import * as fastify from '../../examples/dashboard/fastify.ts';
import * as hono from '../../examples/dashboard/hono.ts';
import * as nest from '../../examples/dashboard/nest.ts';
import { addRow } from '../operate/read-rows.ts';
import { addReceiver } from '../store/rows.ts';
import { createDatabase } from '../support/database.ts';

type Send = (path: string, init?: RequestInit) => Promise<Response>;

interface Mounted {
  readonly send: Send;
  stop(): Promise<unknown>;
}

const over =
  (port: number): Send =>
  (path, init) =>
    fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });

async function listening(server: Server): Promise<Mounted> {
  if (!server.listening) await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return { send: over((server.address() as AddressInfo).port), stop };
}

const MOUNTS: Readonly<Record<string, (box: Signalbox) => Promise<Mounted>>> = {
  Hono: async (box) => listening(serve({ fetch: hono.createApp(box).fetch, port: 0 }) as Server),
  Express: async (box) => listening(express.createApp(box).listen(0)),
  Fastify: async (box) => {
    const app = fastify.createApp(box);
    await app.listen({ port: 0 });
    return { send: over((app.server.address() as AddressInfo).port), stop: () => app.close() };
  },
  NestJS: async (box) => {
    const app = await nest.createApp(box);
    await app.listen(0);
    return { send: over(((app.getHttpServer() as Server).address() as AddressInfo).port), stop: () => app.close() };
  },
  'Bun, called as Bun calls it': async (box) => {
    const { fetch: handle } = bunServer(box);
    return { send: (path, init) => handle(new Request(`http://127.0.0.1:3000${path}`, init)), stop: () => Promise.resolve() };
  },
  'Next.js, called as Next calls it': async (box) => {
    (globalThis as { signalbox?: unknown }).signalbox = box;
    const route = await import('../../examples/dashboard/next/route.ts');
    const send: Send = (path, init) => route[init?.method === 'POST' ? 'POST' : 'GET'](new Request(`http://127.0.0.1:3000${path}`, init));
    return { send, stop: () => Promise.resolve() };
  },
};

const SIGNED_IN = { 'x-signed-in-as': 'ada@example.com' };

test.each(Object.keys(MOUNTS))('%s has it below a prefix, with its files and its forms', async (name) => {
  await using database = await createDatabase();
  const box = createSignalbox({ db: drizzle({ client: database.connect({ max: 6 }) }), log: false });
  const sql = database.connect({ max: 1 });
  const { emissionId } = await addRow(sql, { receiver: await addReceiver(sql, 'Mails.onPaid'), state: 'dead' });
  const { send, stop } = await MOUNTS[name]!(box);
  try {
    const redirect = await send('/ops/signals');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, './signals/']);
    const stranger = await send('/ops/signals/');
    expect([stranger.status, await stranger.text()]).toEqual([403, expect.stringContaining('view')]);
    const page = await send(`/ops/signals/delivery?emission=${emissionId}&receiver=Mails.onPaid`, { headers: SIGNED_IN });
    const html = await page.text();
    expect([page.status, html]).toEqual([200, expect.stringContaining('Mails.onPaid')]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const style = await send(`/ops/signals/${/href="\.\/(style\.css[^"]*)"/.exec(html)![1]!}`);
    expect([style.status, style.headers.get('content-type'), await style.text()]).toEqual([
      200,
      'text/css; charset=utf-8',
      expect.stringContaining('--ground'),
    ]);
    const retried = await send('/ops/signals/retry', {
      method: 'POST',
      headers: {
        ...SIGNED_IN,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        cookie: page.headers.get('set-cookie')!.split(';', 1)[0]!,
      },
      body: new URLSearchParams({ csrf: /name="csrf" value="([^"]+)"/.exec(html)![1]!, emission: emissionId, receiver: 'Mails.onPaid' }),
    });
    expect([retried.status, retried.headers.get('location')]).toEqual([303, './?done=retried.1']);
  } finally {
    await stop();
    await box.close();
  }
});

test('a browser that goes away in the middle of an answer ends its request, and nothing else', async () => {
  let abort = (): void => {};
  const aborted = new Promise<void>((resolve) => (abort = resolve));
  const server = createServer(
    (request, response) =>
      void nodeHandler(async ({ signal, url }) => {
        if (!url.endsWith('/live')) return new Response('still here');
        signal.addEventListener('abort', () => abort());
        return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('first')) }));
      })(request, response),
  ).listen(0);
  const { send, stop } = await listening(server);
  try {
    const answer = await send('/live');
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    await aborted;
    expect(await (await send('/')).text()).toBe('still here');
    const socket = connect((server.address() as AddressInfo).port);
    socket.end('GET http://evil.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const [head] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
  } finally {
    await stop();
  }
});

test('the entry refuses to be used without authorize, also when it is built', () => {
  expect(() => dashboard({} as Signalbox, {} as never)).toThrow('authorize');
});
