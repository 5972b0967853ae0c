// The one side effect of the package: compilers write decorator metadata under Symbol.metadata, which Node lacks.
// It must exist before the first decorated class is evaluated; that class imports a decorator, which imports this.
// Without it, tsc passes no metadata at all, and esbuild and swc fall back to the very symbol defined here.

if (Symbol.metadata === undefined) Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata') });

/** The key under which a class carries its decorator metadata. Of no narrower type: not every project's `lib` knows Symbol.metadata. */
export const METADATA: symbol = Symbol.metadata;
