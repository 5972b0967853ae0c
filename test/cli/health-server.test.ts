// The port of `signalbox worker --port`: what a probe and a scraper get there.
import { expect, test } from 'vitest';
import { serveHealth } from '../../src/cli/health-server.ts';
import { harness } from '../support/harness.ts';

test('the port answers probes, and metrics of the box and of the process; it is closed with the worker', async () => {
  await using h = await harness();
  const probes = await serveHealth(h.box, 0);
  const ask = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${probes.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await ask('/live')).toEqual([200, 'alive\n']);
  expect((await ask('/ready'))[0]).toBe(200);
  const [status, text] = await ask('/metrics');
  expect([status, text.includes('\nsignalbox_database_up 1\n'), text.includes('\nprocess_cpu_seconds_total ')]).toEqual([200, true, true]);
  expect((await ask('/'))[0]).toBe(404);
  await expect(serveHealth(h.box, probes.port)).rejects.toThrow(/--port \d+ cannot be listened on: EADDRINUSE/);
  await probes.close();
  await expect(fetch(`http://127.0.0.1:${probes.port}/live`)).rejects.toThrow();
});
