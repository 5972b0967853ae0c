// Decides the user of the server: PostgreSQL refuses to run as root, so root uses an unprivileged account that every
// system has. binaries.ts and folders.ts decide which files that user can reach.
import { readFileSync } from 'node:fs';

export interface ServerUser {
  uid: number;
  gid: number;
}

/** `undefined` when the server can run as the user of this process. */
export function chooseServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and /etc/passwd has neither a postgres nor a nobody account to run it as. ' +
      'Start as another user, or set DATABASE_URL to a server that runs already.',
  );
}
