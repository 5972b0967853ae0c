// Decides the configuration of the server: encoding, authentication and the arguments of initdb and postgres. Pure,
// except for the choice of a free port; launch.ts runs these commands.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export const SUPERUSER = 'postgres';

/** Nothing of the starter's environment: PGPORT, PGOPTIONS or LC_MESSAGES must not matter here. */
export function serverEnvironment(): Record<string, string> {
  const { PATH = '', SystemRoot } = process.env;
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot === undefined ? {} : { SystemRoot }) };
}

export function initdbArguments(dataFolder: string, passwordFile: string): string[] {
  const access = ['-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  return ['-D', dataFolder, ...access, '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
}

/** The server's record of a password. It is random, so hashing it 4,096 times would only slow down every connection. */
export function passwordVerifier(password: string): string {
  const salt = randomBytes(16);
  const key = pbkdf2Sync(password, salt, 1, 32, 'sha256');
  const keyFor = (name: string): Buffer => createHmac('sha256', key).update(name).digest();
  const storedKey = createHash('sha256').update(keyFor('Client Key')).digest('base64');
  return `SCRAM-SHA-256$1:${salt.toString('base64')}$${storedKey}:${keyFor('Server Key').toString('base64')}`;
}

/** Loopback only, and no Unix socket: its folder could be another user's. */
export function postgresArguments(dataFolder: string, port: number, settings: Record<string, string>): string[] {
  const network = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const configured = Object.entries({ ...settings, ...network }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataFolder, '-p', String(port), ...configured];
}

/** A port that is free now: the caller must be ready to find it taken. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
