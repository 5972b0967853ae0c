// A user's project in its own folder: it has all packages of this project, and Signalbox itself as it would be
// published. For tests of a user's steps, outside of this repository's own configuration.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Project extends AsyncDisposable {
  readonly folder: string;
  write(file: string, text: string): Promise<void>;
  /** Runs a command line of the project, as `npx drizzle-kit generate`. Rejects with its output when it fails. */
  run(commandLine: string, environment?: Record<string, string>): Promise<string>;
}

/** @param without packages of this project that are not installed there */
export async function createProject({ without = [] }: { without?: readonly string[] } = {}): Promise<Project> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-project-'));
  const modules = path.join(folder, 'node_modules');
  await mkdir(path.join(modules, '.bin'), { recursive: true });
  for (const name of await installed()) {
    if (without.includes(name)) continue;
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  await symlink(root, path.join(modules, 'signalbox'));
  await symlink(path.join(root, 'dist/cli/main.js'), path.join(modules, '.bin/signalbox'));
  await chmod(path.join(root, 'dist/cli/main.js'), 0o755);
  for (const name of await readdir(path.join(root, 'node_modules/.bin')))
    await symlink(path.join(root, 'node_modules/.bin', name), path.join(modules, '.bin', name));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'a-project', private: true, type: 'module' }));

  return {
    folder,
    write: async (file, text) => {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    },
    run: async (commandLine, environment = {}) => {
      const [command, ...args] = commandLine.replace(/^npx /, './node_modules/.bin/').split(' ');
      try {
        const env = { ...process.env, NODE_ENV: '', VITEST: '', ...environment };
        const { stdout, stderr } = await promisify(execFile)(command!, args, { cwd: folder, env });
        return stdout + stderr;
      } catch (cause) {
        const { stdout, stderr } = cause as { stdout?: string; stderr?: string };
        throw new Error(`${commandLine} failed:\n${stdout}${stderr}`, { cause });
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function installed(): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(path.join(root, 'node_modules'))) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) for (const scoped of await readdir(path.join(root, 'node_modules', name))) names.push(`${name}/${scoped}`);
    else names.push(name);
  }
  return names;
}

/** A strict tsconfig.json, with legacy or with standard decorators. */
export function tsconfig(options: { experimentalDecorators: boolean; outDir?: string; files?: readonly string[] }): string {
  const { experimentalDecorators, outDir, files } = options;
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Decorators', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    experimentalDecorators,
    emitDecoratorMetadata: experimentalDecorators,
    ...(outDir === undefined ? { noEmit: true, allowImportingTsExtensions: true } : { outDir, rewriteRelativeImportExtensions: true }),
  };
  return JSON.stringify({ compilerOptions, ...(files ? { files } : { include: ['*.ts'] }) });
}
