// Decides under which folder a run keeps its data: the system's temporary folder, unless the server runs as another
// user who cannot enter it. Creating and deleting the run's own folder is the supervisor's work.
import { realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { ServerUser } from './user.ts';

export async function chooseParentFolder(user: ServerUser | undefined): Promise<string> {
  if (user === undefined) return tmpdir();
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await everyoneCanEnter(folder)) return folder;
  }
  throw new Error(
    `PostgreSQL runs as user ${user.uid} here, who cannot enter ${tmpdir()}, /tmp or /var/tmp: ` +
      'set TMPDIR to a folder that all users can enter.',
  );
}

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
