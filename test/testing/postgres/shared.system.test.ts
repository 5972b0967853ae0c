// The server that test processes share: one for all of them, there while one of them lives, and gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('./shared.starter.ts', import.meta.url));

interface User {
  readonly process: ChildProcess;
  readonly url: Promise<string>;
}

function use(address: string, lingerMs: number): User {
  const started = spawn(process.execPath, ['--import', '@oxc-node/core/register', program, address, String(lingerMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = once(createInterface({ input: started.stdout }), 'line').then(([line]) => line as string);
  return { process: started, url };
}

async function kill({ process }: User): Promise<void> {
  process.kill('SIGKILL');
  await once(process, 'exit');
}

async function folderOf(url: string): Promise<string> {
  const sql = postgres(url, { max: 1 });
  const [row] = await sql<{ folder: string }[]>`select current_setting('data_directory') as folder`;
  await sql.end();
  return row!.folder;
}

const GONE = { timeout: 20_000, interval: 50 };

test('processes that start at once share one server, which outlives its starter and is gone after the last of them', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-shared-'));
  const address = path.join(folder, 'one.sock');
  const users = [use(address, 500), use(address, 500), use(address, 500)] as const;
  const urls = await Promise.all(users.map(({ url }) => url));
  expect(new Set(urls).size).toBe(1);
  const data = await folderOf(urls[0]!);
  for (const user of users.slice(0, 2)) await kill(user);
  // The starter is one of those that were killed, or it is the last one: either way the server is there for a process that comes now.
  const late = use(address, 500);
  expect(await late.url).toBe(urls[0]);
  await kill(users[2]);
  expect(await folderOf(urls[0]!)).toBe(data);
  await kill(late);
  await expect.poll(() => existsSync(data), GONE).toBe(false);
  await rm(folder, { recursive: true });
});

test('a socket that a killed server left behind is replaced, and waiting processes begin anew when a starter ends before its server is up', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-shared-'));
  const address = path.join(folder, 'one.sock');
  // Accepts, and ends without a word, once.
  const dying = createServer((socket) => {
    socket.destroy();
    dying.close();
  });
  dying.listen(address);
  await once(dying, 'listening');
  const user = use(address, 200);
  const data = await folderOf(await user.url);
  await kill(user);
  await expect.poll(() => existsSync(data), GONE).toBe(false);
  // What is no socket refuses connections as well.
  await writeFile(address, '');
  const next = use(address, 200);
  const again = await folderOf(await next.url);
  await kill(next);
  await expect.poll(() => existsSync(again), GONE).toBe(false);
  await rm(folder, { recursive: true });
});
