// Decides the folder of a run's data: in memory, if that was requested and is possible; else the system's temporary
// folder, unless the server runs as another user without access to it. The supervisor creates and deletes the run's own
// folder.
import { readFile, realpath, stat, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { ServerUser } from './user.ts';

/** Memory that Linux mounts as a folder. */
const MEMORY_FOLDER = '/dev/shm';
/** Enough for a few databases at a time, and their write-ahead log. */
const ROOM_BYTES = 2 * 1024 ** 3;

export async function chooseParentFolder(user: ServerUser | undefined, { inMemory = false } = {}): Promise<string> {
  if (inMemory && (await memoryHasRoom())) return MEMORY_FOLDER;
  if (user === undefined) return tmpdir();
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await everyoneCanEnter(folder)) return folder;
  }
  throw new Error(
    `PostgreSQL runs as user ${user.uid} here, who cannot enter ${tmpdir()}, /tmp or /var/tmp: ` +
      'set TMPDIR to a folder that all users can enter.',
  );
}

/** Programs must be able to run there as well, because they may have to be copied. */
async function memoryHasRoom(): Promise<boolean> {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  const mount = mounts.split('\n').findLast((line) => line.split(' ')[1] === MEMORY_FOLDER);
  const [, , type, options = ''] = mount?.split(' ') ?? [];
  if (type !== 'tmpfs' || options.split(',').includes('noexec') || !(await everyoneCanWrite(MEMORY_FOLDER))) return false;
  const { bavail, bsize } = await statfs(MEMORY_FOLDER);
  return Math.min(bavail * bsize, freemem()) >= ROOM_BYTES;
}

const everyoneCanWrite = async (path: string): Promise<boolean> => ((await stat(path)).mode & 0o003) === 0o003;

async function everyoneCanEnter(folder: string): Promise<boolean> {
  let path = await realpath(folder).catch(() => undefined);
  if (path === undefined) return false;
  for (;;) {
    const { mode } = await stat(path);
    if ((mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
    path = dirname(path);
  }
}
