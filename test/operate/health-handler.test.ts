// What a probe and a scraper are answered.
import { expect, test } from 'vitest';
import { harness } from '../support/harness.ts';

const ask = async (handle: (request: Request) => Promise<Response>, path: string, method = 'GET'): Promise<[number, string]> => {
  const response = await handle(new Request(`http://localhost${path}`, { method }));
  return [response.status, await response.text()];
};

test('a process is alive whatever the database does, and ready when that answers', async () => {
  await using h = await harness();
  const handle = h.box.healthHandler();
  expect(await ask(handle, '/live')).toEqual([200, 'alive\n']);
  expect(await ask(handle, '/ready')).toEqual([200, '{"ok":true,"database":"ok","workers":[]}\n']);
  expect(await ask(handle, '/under/a/prefix/ready/')).toEqual([200, '{"ok":true,"database":"ok","workers":[]}\n']);
  await h.sql.unsafe('alter table signalbox.settled rename to gone');
  expect(await ask(handle, '/live')).toEqual([200, 'alive\n']);
  // The text of an error may name hosts and users.
  expect(await ask(handle, '/ready')).toEqual([503, '{"ok":false,"database":"MigrationMissing","workers":[]}\n']);
});

test('a box that was closed is not ready', async () => {
  await using h = await harness();
  const other = h.another();
  const handle = other.healthHandler();
  await other.close();
  expect(await ask(handle, '/ready')).toEqual([503, '{"ok":false,"database":"BoxClosed","workers":[]}\n']);
});

test('metrics are those of the registry, with its type; without one there are none, and nothing is changed by a request', async () => {
  await using h = await harness();
  const metrics = { contentType: 'text/plain; version=0.0.4', metrics: async () => 'a_total 1\n' };
  const handle = h.box.healthHandler({ metrics });
  const response = await handle(new Request('http://localhost/metrics'));
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    200,
    'text/plain; version=0.0.4',
    'a_total 1\n',
  ]);
  const broken = { ...metrics, metrics: () => Promise.reject(new RangeError('at db.example.com')) };
  expect(await ask(h.box.healthHandler({ metrics: broken }), '/metrics')).toEqual([
    500,
    'The metrics could not be collected: RangeError.\n',
  ]);
  expect((await ask(h.box.healthHandler(), '/metrics'))[0]).toBe(404);
  expect((await ask(handle, '/'))[0]).toBe(404);
  expect((await ask(handle, '/live', 'POST'))[0]).toBe(405);
  expect(() => h.box.healthHandler({ metric: 1 } as never)).toThrow(/metrics/);
});
