// Tests that the launched server works wherever the project is, and that nothing of it outlives its starter.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { findPackageFolder } from '../../../src/testing/postgres/binaries.ts';
import { findFreePort } from '../../../src/testing/postgres/cluster.ts';
import { launchPostgres } from '../../../src/testing/postgres/launch.ts';

const LAUNCH_MS = 30_000;
/** The time that a server may outlive its starter, with a reserve for a busy machine. */
const GONE = { timeout: 5_000, interval: 20 };
// Windows has neither signals nor users of this kind.
const notOnWindows = test.skipIf(process.platform === 'win32');

test('a launched server answers queries in UTF8', { timeout: LAUNCH_MS }, async () => {
  await using server = await launchPostgres();
  const [row] = await query(server.url, `select current_setting('server_encoding') as encoding, length('Ä') as length`);
  expect(row).toEqual({ encoding: 'UTF8', length: 1 });
});

test('settings reach the server', { timeout: LAUNCH_MS }, async () => {
  await using server = await launchPostgres({ settings: { fsync: 'off', application_name: `it's` } });
  const [row] = await query(server.url, `select current_setting('fsync') as fsync`);
  expect(row).toEqual({ fsync: 'off' });
});

test('a connection without the password is refused', { timeout: LAUNCH_MS }, async () => {
  await using server = await launchPostgres();
  const url = new URL(server.url);
  url.password = 'guessed';
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

test('stop leaves neither process nor folder, and can be called again', { timeout: LAUNCH_MS }, async () => {
  const server = await launchPostgres();
  await query(server.url, 'select 1');
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  expect(existsSync(server.folder)).toBe(false);
  await server.stop();
});

test('a restart keeps port and data', { timeout: LAUNCH_MS }, async () => {
  await using server = await launchPostgres();
  const { pid, url } = server;
  await query(url, 'create table kept (id int)');
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(server.url).toBe(url);
  expect(await query(url, 'select * from kept')).toEqual([]);
});

test('two servers that are launched at once do not conflict', { timeout: LAUNCH_MS }, async () => {
  const [one, other] = await Promise.all([launchPostgres(), launchPostgres()]);
  await using _one = one;
  await using _other = other;
  expect(one.port).not.toBe(other.port);
  await Promise.all([one, other].map(({ url }) => query(url, 'create table mine (id int)')));
});

test('a taken port is replaced by another', { timeout: LAUNCH_MS }, async () => {
  await using first = await launchPostgres();
  const ports = [first.port, await findFreePort()];
  await using second = await launchPostgres({ choosePort: async () => ports.shift() as number });
  expect(second.port).not.toBe(first.port);
  await query(second.url, 'select 1');
});

notOnWindows('a server killed from outside can be restarted', { timeout: LAUNCH_MS }, async () => {
  await using server = await launchPostgres();
  process.kill(server.pid, 'SIGKILL');
  await server.restart();
  await query(server.url, 'select 1');
});

notOnWindows('a starter killed with SIGKILL leaves neither process nor folder', { timeout: LAUNCH_MS }, async () => {
  await using place = await createPlace();
  const starter = startStarter(place.folder);
  const [line] = await once(createInterface({ input: starter.stdout }), 'line');
  const { pid, url } = JSON.parse(line as string) as { pid: number; url: string };
  await query(url, 'select 1');
  starter.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), GONE).toBe(false);
  await expectNothingLeft(place.folder);
});

notOnWindows('a starter killed during initdb leaves neither process nor folder', { timeout: LAUNCH_MS }, async () => {
  await using place = await createPlace();
  const starter = startStarter(place.folder);
  await expect.poll(() => listPrograms(place.folder), { timeout: 15_000, interval: 5 }).toContain('initdb');
  starter.kill('SIGKILL');
  await expectNothingLeft(place.folder);
});

test('a project folder that only root can enter works', { timeout: LAUNCH_MS }, async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root runs the server as a user who cannot enter the folder');
  await using place = await createPlace();
  const packageFolder = await copyPackageTo(place.folder);
  await chmod(place.folder, 0o700);
  await using server = await launchPostgres({ packageFolder });
  expect(await findProgramFolder(server.url)).toBe(join(server.folder, 'package', 'native', 'bin'));
});

notOnWindows('a package installed without install scripts will do', { timeout: LAUNCH_MS }, async () => {
  await using place = await createPlace();
  const packageFolder = await copyPackageTo(place.folder);
  await removeLinks(packageFolder);
  await using server = await launchPostgres({ packageFolder });
  expect(await findProgramFolder(server.url)).toBe(join(packageFolder, 'native', 'bin'));
});

test('a platform without a package is named', () => {
  expect(() => findPackageFolder('sunos', 'sparc')).toThrow(/no PostgreSQL for sunos-sparc.*DATABASE_URL/);
});

notOnWindows('the error of a failing initdb has the reason, and nothing is left behind', { timeout: LAUNCH_MS }, async () => {
  await using place = await createPlace();
  const packageFolder = await copyPackageTo(place.folder);
  await rm(join(packageFolder, 'native', 'share', 'postgresql', 'postgres.bki'));
  const launch = launchPostgres({ packageFolder });
  await expect(launch).rejects.toThrow(/initdb ended with 1.*postgres\.bki" does not exist/s);
});

test('the error of a server that does not start has the reason', { timeout: LAUNCH_MS }, async () => {
  const launch = launchPostgres({ settings: { wal_level: 'minimal', max_wal_senders: '10' } });
  await expect(launch).rejects.toThrow(/PostgreSQL on port \d+ ended with 1.*max_wal_senders/s);
});

async function query(url: string, text: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

async function findProgramFolder(url: string): Promise<unknown> {
  const [row] = await query(url, `select setting from pg_config where name = 'BINDIR'`);
  return (row as { setting: string }).setting;
}

/** A temporary folder that every user can enter. */
async function createPlace(): Promise<AsyncDisposable & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-place-'));
  await chmod(folder, 0o711);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

async function copyPackageTo(folder: string): Promise<string> {
  const copy = join(folder, 'package');
  await cp(findPackageFolder(), copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function removeLinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { target } of JSON.parse(list) as { target: string }[]) {
    await rm(join(packageFolder, target), { force: true });
    await expect(lstat(join(packageFolder, target))).rejects.toMatchObject({ code: 'ENOENT' });
  }
}

function startStarter(temporaryFolder: string) {
  const file = fileURLToPath(new URL('./launch.starter.ts', import.meta.url));
  return spawn(process.execPath, ['--import', '@oxc-node/core/register', file], {
    env: { ...process.env, TMPDIR: temporaryFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function expectNothingLeft(folder: string): Promise<void> {
  await expect.poll(() => readdir(folder), GONE).toEqual([]);
  await expect.poll(() => listPrograms(folder), GONE).toBe('');
}

/** The command lines of the processes that use the folder. */
async function listPrograms(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .join('\n');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
