// The server that all test processes of a user share, on a machine where DATABASE_URL names none: the first process starts it, and it ends a
// while after the last one. Each process is connected to its supervisor for as long as it lives, so one that is killed counts no more.
//
// The races: two processes find none and start one at once. The supervisor listens before it does anything else, so the second one finds
// the address taken, and asks the first. The starter ends before the server is up: the socket closes, and those that wait begin anew. A supervisor was
// killed and left its socket: connecting is refused, so the socket is removed. Two processes that remove it at once may start two servers:
// each has the databases of those that found it, and ends after them.
import { createHash } from 'node:crypto';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPackageFolder } from './binaries.ts';
import { DISPOSABLE } from './disposable.ts';
import { AlreadyShared, launchPostgres } from './launch.ts';

const LINGER_MS = 10_000;
const LIMIT_MS = 60_000;
const RETRY_MS = 50;

/** The URL of the shared server, which is started if there is none. */
export async function sharedPostgres(options: { readonly lingerMs?: number; readonly address?: string } = {}): Promise<string> {
  const { lingerMs = LINGER_MS } = options;
  const address = options.address ?? (await addressOf(findPackageFolder()));
  for (const until = performance.now() + LIMIT_MS; ;) {
    const found = await ask(address);
    if (found.url !== undefined) return found.url;
    if (performance.now() > until) throw new Error(`The PostgreSQL server that tests share at ${address} did not start.`);
    if (found.failure === 'refused') await rm(address, { force: true });
    if (found.failure !== 'ended') await start(address, lingerMs);
    await sleep(found.failure === 'ended' ? RETRY_MS : 0);
  }
}

/** One for each user, folder of PostgreSQL and kind of system, in a folder that only the user can enter. */
async function addressOf(packageFolder: string): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([packageFolder, DISPOSABLE]))
    .digest('hex')
    .slice(0, 16);
  const { uid, username } = userInfo();
  if (process.platform === 'win32') return `\\\\.\\pipe\\signalbox-postgres-${username}-${key}`;
  const folder = path.join(tmpdir(), `signalbox-${uid}`);
  await mkdir(folder, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { uid: owner, mode } = await lstat(folder);
  if (owner !== uid || (mode & 0o077) !== 0) throw new Error(`${folder} can be entered by other users. Remove it, or set DATABASE_URL.`);
  return path.join(folder, `${key}.sock`);
}

type Answer =
  | { readonly url: string; readonly failure?: undefined }
  | { readonly url?: undefined; readonly failure: 'none' | 'refused' | 'ended' };

/** The connection stays, for as long as this process lives, and does not keep it alive. */
function ask(address: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve({ failure: code === 'ECONNREFUSED' ? 'refused' : 'none' }));
    socket.once('close', () => resolve({ failure: 'ended' }));
    const lines = createInterface({ input: socket });
    // Passed on by the socket, which has it as well.
    lines.on('error', () => {});
    lines.once('line', (url) => {
      socket.on('error', () => {});
      socket.unref();
      resolve({ url });
    });
  });
}

async function start(address: string, lingerMs: number): Promise<void> {
  try {
    await launchPostgres({ ...DISPOSABLE, share: { address, lingerMs } });
  } catch (error) {
    if (!(error instanceof AlreadyShared)) throw error;
  }
}
