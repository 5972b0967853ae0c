// The package as it would be published: what is in it, what it needs, and what loading it does.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createProject } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const manifest = async (): Promise<Manifest> => JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;

/** The built files that `entry` loads when it is imported, and the packages that they name. */
async function graphOf(entry: string): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    const text = await readFile(path.join(root, file), 'utf8');
    for (const [, specifier] of text.matchAll(/^(?:import|export)\s+(?:[\w\s*{},$]+\sfrom\s+)?['"]([^'"]+)['"]/gm)) {
      if (specifier!.startsWith('.')) await visit(path.join(path.dirname(file), specifier!));
      else if (!isBuiltin(specifier!)) packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier!)![0]);
    }
  };
  await visit(entry);
  return { files, packages };
}

test('the package holds the build, its manifest and its texts, and nothing else', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const unexpected = files
    .map((file) => file.path)
    .filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/[\w/-]+\.(js|js\.map|d\.ts))$/.test(file));
  expect(unexpected).toEqual([]);
  const names = files.map((file) => file.path);
  for (const needed of ['dist/index.js', 'dist/index.d.ts', 'dist/store/schema.js', 'dist/store/schema.d.ts', 'dist/cli/main.js'])
    expect(names).toContain(needed);
});

test('it imports only what it declares, and never an optional peer', async () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = await manifest();
  const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  for (const entry of ['dist/index.js', 'dist/cli/main.js']) {
    const { packages } = await graphOf(entry);
    expect([...packages].filter((name) => !(name in dependencies) && !required.includes(name))).toEqual([]);
  }
  const used = new Set([...(await graphOf('dist/cli/main.js')).packages, ...(await graphOf('dist/index.js')).packages]);
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});

test('the schema is Drizzle and nothing but Drizzle', async () => {
  const { files, packages } = await graphOf('dist/store/schema.js');
  expect([...files]).toEqual(['dist/store/schema.js']);
  expect([...packages]).toEqual(['drizzle-orm']);
});

test('it loads where no optional peer is installed, and leaves nothing running', async () => {
  const { peerDependenciesMeta } = await manifest();
  await using project = await createProject({ without: Object.keys(peerDependenciesMeta) });
  await project.write('load.js', "import * as signalbox from 'signalbox';\nconsole.log(Object.keys(signalbox).join(' '));\n");
  const exported = await project.run('node load.js');
  expect(exported.trim().split(' ')).toEqual([
    'Db',
    'Discard',
    'ERROR_CODES',
    'OnSignal',
    'RetryAfter',
    'Service',
    'SignalboxError',
    'Token',
    'Transactional',
    'Unrecoverable',
    'createSignalbox',
    'defineSignal',
    'defineSignals',
    'inject',
    'isSignalboxError',
    'provide',
  ]);
});

test('the lockfile names no download address', async () => {
  expect(await readFile(path.join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});
