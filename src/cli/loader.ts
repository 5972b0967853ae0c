// Loads TypeScript with @oxc-node/core, which compiles legacy decorators and emits the types of constructor parameters.
// (tsx and esbuild do not emit them, Node's own type stripping knows no decorators.) The user installs it.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignalboxError } from '../errors.ts';

const LOADER = '@oxc-node/core';

export const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/** Loaders that Node may have been started with. A second loader breaks them (tsx: on Node 22 and 24). */
const OTHERS = /(^|[\s=\\/@"'])(tsx|tsimp|jiti|ts-node|swc-node|esbuild-register|esbuild-kit)([\s\\/"']|$)/;

/** Makes later imports compile TypeScript. Returns false if the loader is not installed in the project of `file`. */
export async function registerLoader(file: string): Promise<boolean> {
  if (OTHERS.test([...process.execArgv, process.env['NODE_OPTIONS']].join(' '))) return true;
  let entry: string;
  try {
    entry = createRequire(file).resolve(LOADER);
  } catch {
    return false;
  }
  await import(pathToFileURL(path.join(path.dirname(entry), 'register.mjs')).href);
  return true;
}

/**
 * The error for a configuration that could not be loaded.
 * @param loaded whether a loader was found, if one is needed
 */
export function explainLoadError(cause: unknown, file: string, loaded: boolean): SignalboxError {
  if (!loaded && isUncompiled(cause))
    return new SignalboxError(
      'LoaderMissing',
      `${file} is TypeScript, and nothing is installed that loads it. Run: npm install ${LOADER} (or compile it, and name the JavaScript with --config).`,
      { cause },
    );
  const text = cause instanceof Error ? cause.message : String(cause);
  return new SignalboxError('ConfigInvalid', `${file} could not be loaded: ${summaryOf(text)}.${hintFor(cause, text, loaded)}`, { cause });
}

function hintFor(cause: unknown, text: string, loaded: boolean): string {
  // Where Node strips types by itself, './order.js' still means a file of that name, not order.ts.
  if (!loaded && codeOf(cause) === 'ERR_MODULE_NOT_FOUND') return ` If that is TypeScript of yours, run: npm install ${LOADER}`;
  if (cause instanceof ReferenceError && text.endsWith(' before initialization'))
    return ' Two files most likely import each other: the one that is loaded first needs a class or value of the other while that is not made yet. Put signals into a file that imports no services, and what both need into a third one.';
  if (isParseError(text)) return ' Run npx tsc --noEmit: it shows the line.';
  if (!/decorator/i.test(text)) return '';
  return ' TypeScript is loaded with legacy decorators: set experimentalDecorators and emitDecoratorMetadata in tsconfig.json. If your decorators are standard ones, compile first and name the JavaScript with --config.';
}

/** Node met TypeScript, or decorators in a file whose types it stripped. */
function isUncompiled(error: unknown): boolean {
  return error instanceof SyntaxError || /UNKNOWN_FILE_EXTENSION|TYPESCRIPT/.test(codeOf(error));
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null | undefined)?.code);

/**
 * The loader's own words. A mistake near a decorator makes it complain about the decorator first, whatever
 * tsconfig.json says.
 */
const isParseError = (text: string): boolean => text.startsWith('Failed to parse ');

/** All lines of an error of the parser, which has one for each problem; of any other error the first line. */
function summaryOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim().replace(/[.:]$/, ''));
  return isParseError(text) ? lines.filter(Boolean).join('. ') : lines[0]!;
}
