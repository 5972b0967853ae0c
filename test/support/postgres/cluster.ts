// Decides how the server is configured: encoding, authentication and the arguments of initdb and postgres. Pure but for
// choosing a free port; running these commands is left to launch.ts.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export const SUPERUSER = 'postgres';

/** Of the starter's environment nothing: PGPORT, PGOPTIONS or LC_MESSAGES there must not matter here. */
export function serverEnvironment(): Record<string, string> {
  const { PATH = '', SystemRoot } = process.env;
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot === undefined ? {} : { SystemRoot }) };
}

export interface ClusterOptions {
  dataFolder: string;
  passwordFile: string;
  settings: Record<string, string>;
}

export function initdbArguments({ dataFolder, passwordFile, settings }: ClusterOptions): string[] {
  // The password is random, so hashing it 4,096 times would only slow down every connection.
  const configured = Object.entries({ scram_iterations: '1', ...settings });
  const access = ['-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const text = ['-E', 'UTF8', '--locale=C'];
  const haste = ['--no-sync', '--no-instructions', '--no-data-checksums'];
  const configuration = configured.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataFolder, ...access, ...text, ...haste, ...configuration];
}

/** Loopback only, and no Unix socket: its folder could be another user's. */
export function postgresArguments(dataFolder: string, port: number): string[] {
  const network = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  return ['-D', dataFolder, '-p', String(port), ...network];
}

/** Free now: whoever binds it must be ready to find it taken. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
