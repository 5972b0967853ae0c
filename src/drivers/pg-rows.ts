// Requests the rows of our own statements from node-postgres by position and as text, whatever parsers the application
// has set for all of `pg`, for its pool or for one of its clients.
import { SignalboxError } from '../errors.ts';
import type { Cell } from './statement.ts';

/** The members that a pool and a client of node-postgres share and our statements need. */
export interface Queryable {
  query(config: QueryConfig): Promise<{ rows: readonly (readonly Cell[])[] }>;
}

interface QueryConfig {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rowMode: 'array';
  readonly types: { getTypeParser(): (text: string) => string };
}

const asItIs = (text: string): string => text;

/** Settings of each query: they take precedence over those of its client. */
export const AS_TEXT = { rowMode: 'array', types: { getTypeParser: () => asItIs } } as const;

/**
 * @param client need not be connected
 * @throws SignalboxError `UnsupportedDatabase` if the client cannot return rows as text
 */
export function assertText(client: object): void {
  const { binary, native } = client as { binary?: unknown; native?: unknown };
  const what = binary ? 'asks for binary results (`binary: true`)' : native ? 'is of pg-native, which has one set of parsers for all' : '';
  if (what)
    throw new SignalboxError(
      'UnsupportedDatabase',
      `createSignalbox({ db }) was given a client of node-postgres that ${what}, so Signalbox could not read its own rows. Give the box a pool without that.`,
    );
}
