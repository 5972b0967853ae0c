// Loads TypeScript: by @oxc-node/core, which compiles legacy decorators and emits the types of constructor parameters.
// (tsx and esbuild do not emit them, Node's own type stripping knows no decorators.) It is the user's to install.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignalboxError } from '../errors.ts';

const LOADER = '@oxc-node/core';

export const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/** Has imports from now on compile TypeScript. False: the loader is not installed in the project of `file`. */
export async function registerLoader(file: string): Promise<boolean> {
  let entry: string;
  try {
    entry = createRequire(file).resolve(LOADER);
  } catch {
    return false;
  }
  await import(pathToFileURL(path.join(path.dirname(entry), 'register.mjs')).href);
  return true;
}

/** What to tell the user whose configuration could not be loaded. @param loaded whether a loader was found, if one is needed */
export function explainLoadError(cause: unknown, file: string, loaded: boolean): SignalboxError {
  if (!loaded && isUncompiled(cause))
    return new SignalboxError(
      'LoaderMissing',
      `${file} is TypeScript, and nothing is installed that loads it. Run: npm install ${LOADER} (or compile it, and name the JavaScript with --config).`,
      { cause },
    );
  const text = cause instanceof Error ? cause.message : String(cause);
  const hint = /decorator/i.test(text)
    ? ' TypeScript is loaded with legacy decorators: set experimentalDecorators and emitDecoratorMetadata in tsconfig.json. If your decorators are standard ones, compile first and name the JavaScript with --config.'
    : '';
  return new SignalboxError('ConfigInvalid', `${file} could not be loaded: ${firstLine(text)}.${hint}`, { cause });
}

/** Node met TypeScript, or decorators in a file whose types it stripped. */
function isUncompiled(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown }).code;
  return error instanceof SyntaxError || (typeof code === 'string' && /UNKNOWN_FILE_EXTENSION|TYPESCRIPT/.test(code));
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!.replace(/[.:]$/, '');
