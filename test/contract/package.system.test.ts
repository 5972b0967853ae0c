// The package as it would be published: its files, its dependencies, and the effects of loading it.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { installCopy } from '../cli/installed.ts';
import { createProject } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  version: string;
  bin: { signalbox: string };
  exports: Record<string, string | Record<string, string>>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const manifest = async (): Promise<Manifest> => JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;

/** The built files that `entry` loads when it is imported, and the packages that they name. */
/** The files and packages that an entry imports. @param lazily also those that it imports when it comes to use them */
async function graphOf(entry: string, lazily = false): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    const text = await readFile(path.join(root, file), 'utf8');
    const imports = [...text.matchAll(/^(?:import|export)\s+(?:[\w\s*{},$]+\sfrom\s+)?['"]([^'"]+)['"]/gm)];
    const lazyImports = lazily ? [...text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g)] : [];
    for (const [, specifier] of [...imports, ...lazyImports]) {
      if (specifier!.startsWith('.')) await visit(besides(file, specifier!));
      else if (!isBuiltin(specifier!)) packages.add(packageOf(specifier!));
    }
  };
  await visit(entry);
  return { files, packages };
}

/** Resolves a relative specifier of `file`: in a declaration, to the declaration. */
function besides(file: string, specifier: string): string {
  const target = path.join(path.dirname(file), specifier);
  return file.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target;
}

const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0];

/** The permissions of the files in a tarball: 512 bytes of header, name first, mode at 100, size at 124, then the content. */
function modesOf(tarball: Buffer): Map<string, number> {
  const modes = new Map<string, number>();
  const tar = gunzipSync(tarball);
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const field = (from: number, length: number): string =>
      tar
        .subarray(at + from, at + from + length)
        .toString()
        .split('\0', 1)[0]!;
    modes.set(field(0, 100), Number.parseInt(field(100, 8), 8));
    at += 512 + Math.ceil(Number.parseInt(field(124, 12), 8) / 512) * 512;
  }
  return modes;
}

/** Packs the source as a release would, with its own build, separate from the `dist` that other tests use. */
async function pack(): Promise<Map<string, number>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-pack-'));
  try {
    for (const part of ['src', 'test', 'README.md', 'LICENSE', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
      await cp(path.join(root, part), path.join(folder, part), { recursive: true });
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    await promisify(execFile)('npm', ['pack'], { cwd: folder });
    const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'))!;
    return modesOf(await readFile(path.join(folder, tarball)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the package has only the build, its manifest and its texts, and its command can be run', { timeout: 180_000 }, async () => {
  const modes = await pack();
  const names = [...modes.keys()].map((name) => name.replace(/^package\//, ''));
  expect(
    names.filter(
      (name) =>
        !/^(LICENSE|README\.md|package\.json|dist\/[\w/-]+(\.sql)?\.(js|js\.map|d\.ts)|dist\/testing\/postgres\/supervisor\.(mjs|mjs\.map|d\.mts))$/.test(
          name,
        ),
    ),
  ).toEqual([]);
  expect(names.filter((name) => /^dist\/cli\/.*\.d\.ts$/.test(name))).toEqual([]);
  const { exports, bin } = await manifest();
  const entries = [...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry))), bin.signalbox];
  expect(entries.filter((entry) => !names.includes(entry.replace('./', '')))).toEqual([]);
  expect(modes.get('package/dist/cli/main.js')! & 0o111).toBe(0o111);
  expect(await readFile(path.join(root, 'dist/cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('no file of the package names an undeclared package', async () => {
  const { dependencies, peerDependencies } = await manifest();
  const wrong: string[] = [];
  for (const file of await readdir(path.join(root, 'dist'), { recursive: true })) {
    // Nothing imports the command line, and the package leaves out its declarations.
    if (!/\.(js|d\.ts)$/.test(file) || /^cli\/.*\.d\.ts$/.test(file)) continue;
    const text = await readFile(path.join(root, 'dist', file), 'utf8');
    // Anywhere, even in a function or in a comment.
    for (const [, specifier] of text.matchAll(/\b(?:from|import|require)\s*\(?\s*['"]([^'"\s$]+)['"]/g)) {
      const name = packageOf(specifier!);
      if (specifier!.startsWith('.') || isBuiltin(specifier!) || name === 'signalbox' || name in dependencies) continue;
      if (!(name in peerDependencies)) wrong.push(`${file}: ${specifier}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the package imports only declared packages, and never an optional peer', async () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = await manifest();
  const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  for (const entry of [
    'dist/index.js',
    'dist/cli/main.js',
    'dist/testing.js',
    'dist/vitest-plugin.js',
    'dist/index.d.ts',
    'dist/schema.d.ts',
    'dist/testing.d.ts',
    'dist/vitest-plugin.d.ts',
  ]) {
    const { packages } = await graphOf(entry);
    expect([...packages].filter((name) => !(name in dependencies) && !required.includes(name))).toEqual([]);
  }
  const used = new Set([...(await graphOf('dist/cli/main.js', true)).packages, ...(await graphOf('dist/index.js')).packages]);
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});

test('the schema imports only Drizzle', async () => {
  const { files, packages } = await graphOf('dist/schema.js');
  // Beside the tables it has the check of a name: drizzle-kit loads all of it.
  expect(
    [...files].filter(
      (file) => !/^dist\/(core\/|errors\.js|schema\.js|store\/schema\/(columns|operating-tables|tally-tables|schema)\.js)/.test(file),
    ),
  ).toEqual([]);
  expect([...packages]).toEqual(['drizzle-orm']);
});

test('the package loads without any optional peer, and leaves nothing running', async () => {
  const { version, peerDependenciesMeta } = await manifest();
  const optional = Object.keys(peerDependenciesMeta);
  await using project = await createProject({ without: optional });
  await installCopy(project.folder);
  await project.write('peers.cjs', `for (const name of ${JSON.stringify(optional)}) console.log(require.resolve(name));`);
  await expect(project.run('node peers.cjs')).rejects.toThrow('MODULE_NOT_FOUND');
  expect(await project.run('node node_modules/signalbox/dist/cli/main.js --version')).toBe(`${version}\n`);
  await project.write('schema.js', "import * as schema from 'signalbox/schema';\nconsole.log(Object.keys(schema).length > 0);\n");
  expect(await project.run('node schema.js')).toBe('true\n');
  await project.write('load.js', "import * as signalbox from 'signalbox';\nconsole.log(Object.keys(signalbox).join(' '));\n");
  const exported = await project.run('node load.js');
  expect(exported.trim().split(' ')).toEqual([
    'BUCKET_BOUNDS',
    'Db',
    'Discard',
    'ERROR_CODES',
    'OnSignal',
    'RetryAfter',
    'Service',
    'SignalboxError',
    'Token',
    'Transactional',
    'Unavailable',
    'Unrecoverable',
    'createSignalbox',
    'defineSignal',
    'defineSignals',
    'inject',
    'isSignalboxError',
    'provide',
    'quantileOf',
  ]);
});

test('the lockfile names no download address', async () => {
  expect(await readFile(path.join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});

test('the declarations compile for a project that checks those of its libraries, with an older lib', { timeout: 180_000 }, async () => {
  await using project = await createProject();
  await installCopy(project.folder);
  await project.write(
    'main.ts',
    "export * from 'signalbox';\nexport * as nest from 'signalbox/nest';\nexport * as schema from 'signalbox/schema';\nexport * from 'signalbox/vitest-plugin';\nexport * from 'signalbox/testing';\nexport * from 'signalbox/otel';\nexport * from 'signalbox/prometheus';\nexport * from 'signalbox/dashboard';\n",
  );
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  // Drizzle's own declarations have errors; ours must have none.
  const output = await project.run('npx tsc -p tsconfig.json --pretty false').catch((error: unknown) => String(error));
  expect(output.split('\n').filter((line) => /signalbox|^main\.ts/.test(line.split('(', 1)[0]!))).toEqual([]);
  expect(output).not.toMatch(/error TS(5|18)\d{3}/);
});
