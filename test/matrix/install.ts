// Makes the projects of the matrix, one per version of Drizzle, as for a user who has just installed the packed
// package; and the runtimes, which also come from npm.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BUN, type DRIZZLES, type Mode, NODES, PACKAGES, type Source } from './versions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const template = fileURLToPath(new URL('project', import.meta.url));
const NPM = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Runs a program; rejects with its output. */
export async function run(file: string, args: readonly string[], cwd: string, environment: Record<string, string> = {}): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { cwd, env: { ...process.env, ...environment }, timeout: 240_000 });
    return stdout + stderr;
  } catch (cause) {
    const { stdout = '', stderr = '', message } = cause as { stdout?: string; stderr?: string; message: string };
    throw new Error(`${message}\n${stdout}${stderr}`, { cause });
  }
}

/** The packed package. */
export async function pack(folder: string): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], root);
  const tarball = path.join(folder, 'signalbox.tgz');
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  await rename(path.join(folder, `signalbox-${version}.tgz`), tarball);
  return tarball;
}

/** Runtimes by label. */
export async function installRuntimes(folder: string): Promise<Map<string, string>> {
  const { platform, arch } = process;
  const node = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const bun = `@oven/bun-${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}`;
  const aliases = NODES.map(({ label, version }) => `node-${label}@npm:${node}@${version}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', ...NPM, '--force', ...aliases, `bun@npm:${bun}@${BUN.version}`], folder);
  const modules = path.join(folder, 'node_modules');
  return new Map([
    ...NODES.map(({ label }) => [label, path.join(modules, `node-${label}`, 'bin', 'node')] as const),
    [BUN.label, path.join(modules, 'bun', 'bin', 'bun')],
  ]);
}

/** The declaration of a constructor's parameters in the sources: compilers that emit types do not need it. */
const SOURCES: Record<Source, { decorators: Mode; told: boolean }> = {
  legacy: { decorators: 'legacy', told: false },
  standard: { decorators: 'standard', told: true },
  told: { decorators: 'legacy', told: true },
};

/** A project whose folders hold the code of the README, compiled by tsc for each kind of decorators. */
export async function makeProject(folder: string, tarball: string, { version, kit }: (typeof DRIZZLES)[number]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const versions = Object.entries({ ...PACKAGES, 'drizzle-orm': version, 'drizzle-kit': kit }).map(([name, of]) => `${name}@${of}`);
  await run('npm', ['install', ...NPM, tarball, ...versions], folder);
  const code = await readmeCode();
  for (const [source, { decorators, told }] of Object.entries(SOURCES)) {
    const place = path.join(folder, source);
    await cp(template, place, { recursive: true });
    const prelude = await readFile(path.join(place, 'shop.prelude.ts'), 'utf8');
    await writeFile(path.join(place, 'shop.ts'), prelude + (told ? code.replace('@Service()', '@Service({ inject: [Db] })') : code));
    await writeFile(path.join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: compilerOptions(decorators), include: FILES }));
    await run('npx', ['tsc', '-p', 'tsconfig.json'], place);
  }
}

const FILES = ['main.ts', 'database/*.ts', 'functions.ts', 'drizzle.config.ts'];

const compilerOptions = (mode: Mode): object => ({
  target: 'ES2022',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  rootDir: '.',
  outDir: 'out',
  ...(mode === 'legacy' ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {}),
});

/** The services of the README, without the configuration that comes last. */
async function readmeCode(): Promise<string> {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)\/\/ signalbox\.config\.ts/.exec(readme) ?? [];
  if (code === undefined) throw new Error('README.md has no code that ends in signalbox.config.ts.');
  return code;
}
