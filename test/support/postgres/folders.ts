// Decides under which folder a run keeps its data: in memory, where that was asked for and is possible; else the system's
// temporary folder, unless the server runs as another user who cannot enter it. Creating and deleting the run's own folder is the supervisor's work.
import { readFile, realpath, stat, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { ServerUser } from './user.ts';

/** A memory of its own that Linux mounts as a folder. */
const MEMORY_FOLDER = '/dev/shm';
/** A few databases at a time, and the log of what is written to them. */
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

/** Programs must be able to run there as well: they may have to be copied. */
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
