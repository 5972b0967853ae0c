// Finds the configuration, loads it, and returns its box.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSignalboxError, SignalboxError } from '../errors.ts';
import type { Signalbox } from '../box/box.ts';
import { explainLoadError, isTypeScript, registerLoader } from './loader.ts';

const NAMES = ['signalbox.config.ts', 'signalbox.config.js', 'signalbox.config.mjs'];

/**
 * The box that a configuration exports as its default.
 * @param folder the folder to search, to which `given` is relative
 * @throws SignalboxError `ConfigNotFound`, `ConfigInvalid`, `LoaderMissing`, and what createSignalbox throws
 */
export async function loadBox(folder: string, given?: string): Promise<Signalbox> {
  const file = await findConfig(folder, given);
  let loaded = true;
  let exported: unknown;
  try {
    if (isTypeScript(file)) loaded = await registerLoader(file);
    exported = await whileAlive(file, async () => defaultOf(await import(pathToFileURL(file).href)));
  } catch (error) {
    if (isSignalboxError(error)) throw error;
    throw explainLoadError(error, file, loaded);
  }
  if (!isBox(exported))
    throw new SignalboxError(
      'ConfigInvalid',
      `${file} exports ${describe(exported)} as its default, and no box. Write: export default createSignalbox({ db, services: [...] });`,
    );
  return exported;
}

/**
 * Fails if the loading never settles. Such a promise keeps no process alive: Node would end with code 0 and without a
 * message.
 * @throws SignalboxError `ConfigInvalid`
 */
async function whileAlive<T>(file: string, load: () => Promise<T>): Promise<T> {
  let giveUp: (() => void) | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    giveUp = () =>
      reject(
        new SignalboxError(
          'ConfigInvalid',
          `${file} awaits something that never comes, or exports such a promise: nothing is left that could settle it. Look at its imports and at each await.`,
        ),
      );
  });
  process.once('beforeExit', giveUp!);
  try {
    return await Promise.race([load(), over]);
  } finally {
    process.off('beforeExit', giveUp!);
  }
}

/** The default export. For a module compiled to CommonJS, `default` is the object of all its exports. */
function defaultOf(module: { default?: unknown }): unknown {
  const exported = module.default;
  return isCompiledToCommonJs(exported) ? exported.default : exported;
}

const isCompiledToCommonJs = (exported: unknown): exported is { default?: unknown } =>
  typeof exported === 'object' && exported !== null && '__esModule' in exported;

/** The configuration's file. @throws SignalboxError `ConfigNotFound` */
export async function findConfig(folder: string, given: string | undefined): Promise<string> {
  const candidates = (given === undefined ? NAMES : [given]).map((name) => path.resolve(folder, name));
  for (const file of candidates) if (await isFile(file)) return file;
  throw new SignalboxError(
    'ConfigNotFound',
    given === undefined
      ? `No configuration in ${folder}: looked for ${NAMES.join(', ')}. Make one that exports your box as its default, or name it with --config.`
      : `There is no file ${candidates[0]}. Check --config.`,
  );
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Recognised by its members, not by its class: the configuration may use another copy of this package. */
function isBox(value: unknown): value is Signalbox {
  const box = value as Partial<Signalbox> | null | undefined;
  return typeof box === 'object' && box !== null && [box.worker, box.drain, box.close].every((member) => typeof member === 'function');
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return value === null ? 'null' : 'nothing';
  return typeof value === 'object' ? `an object with ${Object.keys(value).join(', ') || 'no members'}` : `a ${typeof value}`;
}
