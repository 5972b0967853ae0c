// signalbox dashboard: the printed address, what it gives to a browser, and what is done under whose name.
import { expect, test } from 'vitest';
import { createOperatedProject } from '../operated.ts';
import { createCliProject } from '../support.ts';

test(
  'the printed address works once; the pages behind it show the database of the configuration and act on it under the name',
  { timeout: 120_000 },
  async () => {
    await using project = await createOperatedProject();
    const [emissionId] = await project.emitted('die');
    await project.work();
    const command = project.start('dashboard', '--as', 'ada');
    await command.says('Ctrl-C ends it.');
    const address = command.answer.trim();
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    const entered = await fetch(address, { redirect: 'manual' });
    expect([entered.status, entered.headers.get('location')]).toEqual([303, './']);
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
    const cookie = entered.headers.get('set-cookie')!.split(';', 1)[0]!;
    const page = await fetch(new URL(`delivery?emission=${emissionId}&receiver=Listener.receive`, address), { headers: { cookie } });
    const html = await page.text();
    expect([page.status, html]).toEqual([200, expect.stringContaining('refused \\u001b[2J')]);
    const retried = await fetch(new URL('retry', address), {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: `${cookie}; ${page.headers.get('set-cookie')!.split(';', 1)[0]!}`, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({
        csrf: /name="csrf" value="([^"]+)"/.exec(html)![1]!,
        emission: emissionId!,
        receiver: 'Listener.receive',
      }),
    });
    expect([retried.status, retried.headers.get('location')]).toEqual([303, './?done=retried.1']);
    expect(await project.answer('audit')).toMatch(/ada\s+retry/);
    const other = project.start('dashboard', '--port', new URL(address).port);
    expect([await other.exitCode, other.errors]).toEqual([2, expect.stringContaining('which another program uses')]);
    command.child.kill('SIGINT');
    expect(await command.exitCode).toBe(0);
  },
);

test('without the packages that it needs, it says which to install', { timeout: 120_000 }, async () => {
  await using project = await createCliProject({ without: ['hono'], copy: true });
  const command = project.node('node_modules/signalbox/dist/cli/main.js', 'dashboard');
  expect([await command.exitCode, command.errors]).toEqual([2, expect.stringContaining('npm install hono @hotwired/turbo')]);
});
