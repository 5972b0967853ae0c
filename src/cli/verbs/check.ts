// signalbox check: compares the code with the manifest of the last release, and with the rows of a database. The core judges.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareManifests, type Manifest, MANIFEST_VERSION, type ManifestProblem } from '../../core/manifest.ts';
import { SignalboxError } from '../../errors.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { loadBox } from '../config.ts';
import { escaped } from '../../core/visible.ts';
import { print, printDocument } from '../output.ts';

const FILE = 'signalbox.manifest.json';

export function check() {
  const verb = newBoxVerb(
    'check',
    'Compares the receivers and signals of the code with the manifest that was committed with the last release, and exits with 1 if stored deliveries would lose their receiver, or the reader of their payload: it says which `formerly` or `upcast` is missing. It needs no database.',
  )
    .option('--write', 'write the manifest: commit it with the code')
    .option('--database', 'also compare with the deliveries that the database has')
    .option('--manifest <file>', 'the file', FILE)
    .action(async ({ config, json, write, database, manifest }) => {
      const file = path.resolve(manifest);
      const box = await loadBox(process.cwd(), config);
      const now = box.receivers.manifest();
      // The rows of a database can be compared without a manifest.
      const before = write || (database && !existsSync(file)) ? now : await readManifest(file);
      const problems = [...compareManifests(before, now), ...(database ? await box.receivers.checkStored() : [])];
      await box.close();
      if (write) await writeFile(file, `${JSON.stringify(now, null, 2)}\n`);
      if (json) printDocument({ problems, ...(write ? { written: file } : {}) });
      else print(tell(problems, write ? manifest : undefined));
      if (problems.length > 0) process.exitCode = 1;
    });
  addExamples(verb, [
    ['signalbox check', 'in CI, on each change'],
    ['signalbox check --write', 'to accept what has changed, and to begin'],
    ['signalbox check --database', 'in a deploy, before the new code starts'],
  ]);
  return verb;
}

function tell(problems: readonly ManifestProblem[], written: string | undefined): string {
  const lines = problems.map(({ message }) => `✗ ${escaped(message)}`);
  if (written !== undefined) lines.unshift(`${escaped(written)} is written. Commit it.`);
  else if (problems.length === 0) lines.push('Each stored name and version has its code.');
  return lines.join('\n');
}

/** @throws SignalboxError `ConfigNotFound`, `ConfigInvalid` */
async function readManifest(file: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SignalboxError('ConfigNotFound', `There is no manifest ${file}. Write it by: signalbox check --write, and commit it.`, {
      cause,
    });
  }
  const read = parse(text);
  if (isManifest(read)) return read;
  throw new SignalboxError(
    'ConfigInvalid',
    `${file} is no manifest of version ${MANIFEST_VERSION}. Look at its history, or write it anew: signalbox check --write`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function isManifest(value: unknown): value is Manifest {
  if (!isObject(value) || value['manifest'] !== MANIFEST_VERSION) return false;
  const { signals, receivers } = value;
  return (
    isObject(signals) &&
    isObject(receivers) &&
    Object.values(signals).every((signal) => isObject(signal) && Number.isInteger(signal['version'])) &&
    Object.values(receivers).every((named) => isObject(named) && Object.values(named).every((formerly) => Array.isArray(formerly)))
  );
}
