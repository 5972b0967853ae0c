// Requests the rows of our own statements from postgres.js: by position, and as parsed by postgres.js if the
// application's settings leave our columns alone, else as bytes. Each value as bytes is a view of its own on the
// packet: with the dozen columns of a claim that was most of the garbage that a delivery made.

/** The settings of a client that reach the values of rows. */
export interface ReadingOptions {
  readonly transform?: { readonly value?: { readonly from?: unknown } };
  /** By the OID of a type. */
  readonly parsers?: Readonly<Record<number, ((text: string) => unknown) | undefined>>;
}

/** The types of all columns that our statements return, by their OIDs. A test reads them off the server. */
export const COLUMN_TYPES = { bool: 16, bigint: 20, integer: 23, text: 25 } as const;

/**
 * Whether postgres.js reads our columns as {@link Cell}s: numbers and booleans by its own parsers, all else as text.
 */
export function readsCells({ transform, parsers }: ReadingOptions): boolean {
  if (!parsers || transform?.value?.from) return false;
  const { bool, integer, ...asText } = COLUMN_TYPES;
  return (
    parsers[integer]?.('7') === 7 &&
    parsers[bool]?.('t') === true &&
    parsers[bool]('f') === false &&
    Object.values(asText).every((type) => parsers[type] === undefined)
  );
}
