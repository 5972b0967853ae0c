// signalbox/vitest-plugin: standard decorators under Vitest. Vite 8 compiles legacy decorators only and hands standard ones to
// Node, which knows none; this plugin lowers them with esbuild first, and leaves all else of a file to Vite.
// It decides which files those are. esbuild is the user's to install.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignalboxError } from './errors.ts';

/** A Vite plugin, by its shape: so this asks for no version of Vite. */
export interface StandardDecoratorsPlugin {
  /** Shown in Vite's messages. */
  readonly name: string;
  /** Before Vite's own compiler. */
  readonly enforce: 'pre';
  /** Called by Vite: where the project is. */
  configResolved(config: { readonly root: string }): void;
  /** Called by Vite for each file. @throws SignalboxError `LoaderMissing` */
  transform(code: string, id: string): Promise<{ code: string; map: string } | null>;
}

/**
 * Compiles standard decorators for Vitest. Files under a `tsconfig.json` with `experimentalDecorators` are left alone, as
 * are files without decorators and those of `node_modules`. Source maps are kept. Needs esbuild.
 * @throws SignalboxError `LoaderMissing` when a file needs it and esbuild is not installed
 * @example
 * // vitest.config.ts
 * export default defineConfig({ plugins: [standardDecorators()] });
 */
export function standardDecorators(): StandardDecoratorsPlugin {
  let root = process.cwd();
  let esbuild: Promise<Esbuild> | undefined;
  const known: KnownOptions = new Map();
  return {
    name: 'signalbox:standard-decorators',
    enforce: 'pre',
    configResolved(config) {
      root = config.root;
    },
    async transform(code, id) {
      const file = id.split('?', 1)[0]!;
      const loader = loaderOf(file);
      if (!loader || !mayHaveDecorators(code)) return null;
      const options = await optionsFor(path.dirname(file), known);
      if (options.experimentalDecorators === true) return null;
      esbuild ??= loadEsbuild(root);
      const { transform } = await esbuild;
      return transform(code, {
        loader,
        sourcefile: file,
        sourcemap: 'external',
        // Decorators only: what else Node lacks, Vite lowers.
        target: 'esnext',
        supported: { decorators: false },
        jsx: 'preserve',
        // A class that is decorated is assigned to a variable, and one that names itself would get that variable's name; but
        // receivers are stored under the names of their classes.
        keepNames: true,
        tsconfigRaw: { compilerOptions: semanticsOf(options) },
      });
    },
  };
}

interface Esbuild {
  transform(code: string, options: object): Promise<{ code: string; map: string }>;
}

/** @throws SignalboxError `LoaderMissing` */
async function loadEsbuild(root: string): Promise<Esbuild> {
  let entry: string;
  try {
    entry = createRequire(path.join(root, 'package.json')).resolve('esbuild');
  } catch (cause) {
    throw new SignalboxError(
      'LoaderMissing',
      `standardDecorators() compiles decorators with esbuild, which is not installed in ${root}. Run: npm install --save-dev esbuild`,
      { cause },
    );
  }
  return ((await import(pathToFileURL(entry).href)) as { default: Esbuild }).default;
}

function loaderOf(file: string): string | undefined {
  if (!path.isAbsolute(file) || /[\\/]node_modules[\\/]/.test(file)) return undefined;
  const [, language, jsx] = /\.[cm]?([jt]s)(x?)$/.exec(file) ?? [];
  return language && language + jsx!;
}

/** An @ that begins a word, outside of a comment as far as one line can tell. It errs towards yes, which costs time only. */
const mayHaveDecorators = (code: string): boolean =>
  /^(?:[ \t]*\/\*(?:(?!\*\/).)*\*\/)*(?![ \t]*(?:\*(?!\/)|\/\/|\/\*)).*?(?:^|[\s(,;{}/])@[\w$(]/m.test(code);

/** The settings of a tsconfig.json that change how a decorated class is compiled. */
interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly target?: string;
  readonly useDefineForClassFields?: boolean;
  readonly verbatimModuleSyntax?: boolean;
}

interface Tsconfig {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: CompilerOptions;
}

/** Nothing else of the file: its `jsx`, say, is left to Vite. */
const semanticsOf = ({ target, useDefineForClassFields, verbatimModuleSyntax }: CompilerOptions): CompilerOptions => ({
  experimentalDecorators: false,
  ...(target !== undefined && { target }),
  ...(useDefineForClassFields !== undefined && { useDefineForClassFields }),
  ...(verbatimModuleSyntax !== undefined && { verbatimModuleSyntax }),
});

type KnownOptions = Map<string, Promise<CompilerOptions>>;

/** Reads the options of the nearest tsconfig.json, upwards. */
function optionsFor(folder: string, known: KnownOptions): Promise<CompilerOptions> {
  const parent = path.dirname(folder);
  const found =
    known.get(folder) ??
    readOptions(path.join(folder, 'tsconfig.json')).then((options) => options ?? (parent === folder ? {} : optionsFor(parent, known)));
  known.set(folder, found);
  return found;
}

/** With those of the files that it extends. Undefined: there is no such file. */
async function readOptions(file: string): Promise<CompilerOptions | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { extends: bases = [], compilerOptions } = JSON.parse(withoutComments(text)) as Tsconfig;
  const inherited = await Promise.all([bases].flat().map((base) => readOptions(findBase(base, file))));
  return Object.assign({}, ...inherited, compilerOptions) as CompilerOptions;
}

function findBase(base: string, from: string): string {
  if (/^\.|^[\\/]|^\w:/.test(base)) return path.resolve(path.dirname(from), base.endsWith('.json') ? base : `${base}.json`);
  const { resolve } = createRequire(from);
  for (const candidate of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      const file = resolve(candidate);
      if (file.endsWith('.json')) return file;
    } catch {
      // The next form, then.
    }
  }
  return base;
}

/** A tsconfig.json may have comments, and commas before closing brackets. */
const withoutComments = (text: string): string =>
  text
    .replace(/("(?:[^"\\]|\\.)*")|\/\*[\s\S]*?\*\/|\/\/.*/g, (_match, literal?: string) => literal ?? '')
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_match, literal?: string) => literal ?? '');
