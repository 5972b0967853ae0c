// The one side effect of the package: compilers write decorator metadata under Symbol.metadata, which Node lacks.
// It must exist before the first decorated class is evaluated; that class imports a decorator, which imports this.
// Without it, tsc passes no metadata at all, and esbuild and swc fall back to the very symbol defined here.

if (Symbol.metadata === undefined) Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata') });

/**
 * The key of a class's decorator metadata. Its type is no narrower because not every project's `lib` has
 * Symbol.metadata.
 */
export const METADATA: symbol = Symbol.metadata;
