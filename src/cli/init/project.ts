// Reads what an existing project is: its package, its package manager, its database, how it compiles decorators. Writes nothing and runs
// nothing of the project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';
export type DriverName = 'postgres-js' | 'node-postgres' | 'pglite';

export interface Project {
  readonly folder: string;
  /** The text of its package.json. */
  readonly packageText: string;
  /** Names of all that it depends on. */
  readonly dependencies: ReadonlySet<string>;
  readonly manager: PackageManager;
  readonly drizzleConfig: { readonly file: string; readonly text: string } | undefined;
  /** The module that exports the database, if there is exactly one. */
  readonly database: { readonly file: string; readonly name: string; readonly driver: DriverName; readonly text: string } | undefined;
  readonly driver: DriverName | undefined;
  /** Whether it compiles legacy decorators; if not, receivers are functions. */
  readonly decorators: boolean;
  /** How its modules name each other. */
  readonly extension: '.ts' | '.js';
}

const CLIENTS: readonly (readonly [dependency: string, driver: DriverName])[] = [
  ['postgres', 'postgres-js'],
  ['pg', 'node-postgres'],
  ['@electric-sql/pglite', 'pglite'],
];
const CONFIGS = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map((ending) => `drizzle.config.${ending}`);
const LOCKS: readonly (readonly [file: string, manager: PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
];
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'out', 'coverage']);
const MOST_FILES = 2_000;

/** The project in a folder; undefined if there is no package.json. */
export function readProject(folder: string): Project | undefined {
  const packageText = read(path.join(folder, 'package.json'));
  if (packageText === undefined) return undefined;
  const dependencies = dependenciesOf(packageText);
  const databases = databasesIn(folder);
  const named = databases.filter(({ name }) => name === 'db');
  const database = databases.length === 1 ? databases[0] : named.length === 1 ? named[0] : undefined;
  const config = CONFIGS.find((name) => existsSync(path.join(folder, name)));
  const options = compilerOptions(folder);
  return {
    folder,
    packageText,
    dependencies,
    manager: managerOf(folder),
    drizzleConfig: config === undefined ? undefined : { file: config, text: read(path.join(folder, config))! },
    database,
    driver: database?.driver ?? CLIENTS.find(([dependency]) => dependencies.has(dependency))?.[1],
    decorators: options['experimentalDecorators'] === true,
    extension: options['allowImportingTsExtensions'] === true || options['rewriteRelativeImportExtensions'] === true ? '.ts' : '.js',
  };
}

/** The packages of a workspace that use Drizzle, relative to its root; undefined if the folder is no root of one. */
export function workspacePackages(folder: string): string[] | undefined {
  const text = read(path.join(folder, 'package.json'));
  const isRoot = existsSync(path.join(folder, 'pnpm-workspace.yaml')) || (text !== undefined && 'workspaces' in parse(text));
  if (!isRoot) return undefined;
  return filesIn(folder, (name) => name === 'package.json')
    .filter((file) => path.dirname(file) !== '.' && dependenciesOf(read(path.join(folder, file)) ?? '{}').has('drizzle-orm'))
    .map((file) => path.dirname(file))
    .sort();
}

export function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function dependenciesOf(packageText: string): Set<string> {
  const { dependencies, devDependencies, peerDependencies } = parse(packageText) as Record<string, object | undefined>;
  return new Set([dependencies, devDependencies, peerDependencies].flatMap((each) => Object.keys(each ?? {})));
}

/** By the nearest lock file: that of a workspace lies above. */
function managerOf(folder: string): PackageManager {
  for (let at = folder; ; at = path.dirname(at)) {
    const found = LOCKS.find(([file]) => existsSync(path.join(at, file)));
    if (found) return found[1];
    if (path.dirname(at) === at) return 'npm';
  }
}

const DATABASE = /export\s+const\s+(\w+)(?:\s*:[^=]+)?\s*=\s*drizzle\s*[(<]/;
const DRIVER = /from\s+['"]drizzle-orm\/(postgres-js|node-postgres|pglite)['"]/;

function databasesIn(folder: string): NonNullable<Project['database']>[] {
  return filesIn(folder, (name) => /\.[cm]?[jt]s$/.test(name) && !/\.(d|test|spec)\.[cm]?[jt]s$/.test(name)).flatMap((file) => {
    const text = read(path.join(folder, file)) ?? '';
    const [, name] = DATABASE.exec(text) ?? [];
    const [, driver] = DRIVER.exec(text) ?? [];
    return name !== undefined && driver !== undefined ? [{ file, name, driver: driver as DriverName, text }] : [];
  });
}

/** Relative to the folder, nearest first, a bounded number. */
function filesIn(folder: string, wanted: (name: string) => boolean): string[] {
  const found: string[] = [];
  const folders = ['.'];
  for (let seen = 0; folders.length > 0 && seen < MOST_FILES;) {
    const at = folders.shift()!;
    for (const entry of readdirSync(path.join(folder, at), { withFileTypes: true })) {
      seen++;
      const file = path.posix.join(at, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith('.')) folders.push(file);
      else if (entry.isFile() && wanted(entry.name)) found.push(file);
    }
  }
  return found;
}

/** Of the nearest tsconfig.json, with what it extends. */
function compilerOptions(folder: string): Record<string, unknown> {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'tsconfig.json');
    if (existsSync(file)) return optionsOf(file, 0);
    if (path.dirname(at) === at) return {};
  }
}

const DEEPEST = 10;

function optionsOf(file: string, depth: number): Record<string, unknown> {
  const { compilerOptions: own, extends: base } = parse(read(file) ?? '{}') as { compilerOptions?: object; extends?: string | string[] };
  const bases = depth > DEEPEST || base === undefined ? [] : [base].flat();
  return Object.assign({}, ...bases.map((each) => optionsOf(resolveBase(file, each), depth + 1)), own) as Record<string, unknown>;
}

function resolveBase(file: string, base: string): string {
  if (base.startsWith('.') || path.isAbsolute(base)) {
    const target = path.resolve(path.dirname(file), base);
    return existsSync(target) && target.endsWith('.json') ? target : `${target.replace(/\.json$/, '')}.json`;
  }
  for (const name of [base, `${base}.json`, `${base}/tsconfig.json`])
    try {
      return createRequire(file).resolve(name);
    } catch {
      // The next form.
    }
  return '';
}

/** JSON with comments and trailing commas, as tsconfig.json may be. An empty object if it is none. */
function parse(text: string): Record<string, unknown> {
  const plain = text
    .replaceAll(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_all, quoted: string | undefined) => quoted ?? '')
    .replaceAll(/,(\s*[}\]])/g, '$1');
  try {
    return JSON.parse(plain) as Record<string, unknown>;
  } catch {
    return {};
  }
}
