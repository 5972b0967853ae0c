// The public interface of each entry point, as text: API Extractor makes it from the built declarations. The reports in
// this folder are the interface of the next release; `npm run api` writes them again, and api.system.test.ts compares
// them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const KEPT = path.join(root, 'test/contract/api');

/**
 * The compiler of API Extractor is older than ours, and reads only declarations: these are the options that it needs.
 */
const COMPILER = {
  target: 'ES2022',
  lib: ['ES2023', 'ES2024.String', 'ESNext.Disposable', 'ESNext.Decorators'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** The folder for reports: API Extractor searches the folders above it for the package's manifest. */
const WORK = path.join(root, 'node_modules/.cache');

export async function workFolder(): Promise<string> {
  await mkdir(WORK, { recursive: true });
  return mkdtemp(path.join(WORK, 'api-'));
}

const SILENT = { default: { logLevel: 'none' } };

/** The entry points of the package that have declarations: the name of the report, and the file. */
export async function entryPoints(): Promise<Map<string, string>> {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [[name === '.' ? 'signalbox' : name.slice(2).replaceAll('/', '-'), path.join(root, target.types)] as const],
  );
  return new Map(entries);
}

/**
 * Writes the report of one entry point into a folder, including types that are not exported but visible in an exported
 * one.
 * @param declarations the entry's `.d.ts`
 * @param folder one that {@link workFolder} made
 */
export async function writeReport(name: string, declarations: string, folder: string): Promise<string> {
  const work = path.join(folder, `.${name}`);
  await mkdir(work, { recursive: true });
  const config = path.join(work, 'api-extractor.json');
  const file = `${name}.api.md`;
  await writeFile(
    config,
    JSON.stringify({
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [declarations] } },
      apiReport: { enabled: true, includeForgottenExports: true, reportFileName: file, reportFolder: folder, reportTempFolder: work },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: SILENT, tsdocMessageReporting: SILENT },
    }),
  );
  await promisify(execFile)(path.join(root, 'node_modules/.bin/api-extractor'), ['run', '--local', '--config', config], { cwd: root });
  return readFile(path.join(folder, file), 'utf8');
}
