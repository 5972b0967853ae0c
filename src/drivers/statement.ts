// A statement of our own, as a driver takes it: its text, and the columns that it returns. A driver asks for rows by position,
// each value as the text that the server sent, and they are read here by what the statement declares. So no setting of the
// application's client reaches them: no transform of names, values or rows, no parser of a type, no `fetch_types`.
//
// There is no kind for a number with a fraction: how many digits of one the server sends is a setting (extra_float_digits).
// Times are returned as whole numbers, arrays and JSON as text.

/** `int`: an int4, or an int8 that is known to be below 2^53. Ids are text. */
export type Kind = 'text' | 'int' | 'bool';

/** The columns of a result in their order, by name; one with a question mark may be null. */
export type Columns = Readonly<Record<string, Kind | `${Kind}?`>>;

interface Values {
  readonly text: string;
  readonly int: number;
  readonly bool: boolean;
}

/** A row of a statement with these columns. */
export type RowOf<C extends Columns> = {
  readonly [Name in keyof C]: C[Name] extends `${infer K extends Kind}?`
    ? Values[K] | null
    : C[Name] extends Kind
      ? Values[C[Name]]
      : never;
};

/** A statement, made by {@link statement}. */
export interface Statement<C extends Columns = Columns> {
  readonly text: string;
  readonly columns: C;
}

/** A value as a driver hands it over: text or its bytes, or a number or a boolean that the client has read already. */
export type Cell = string | number | boolean | Buffer | null;

/**
 * Makes a statement that returns these columns, in this order.
 * @example
 * const countLive = statement({ live: 'int' })`select count(*)::int as live from signalbox.delivery`;
 */
export function statement<const C extends Columns>(columns: C) {
  return (strings: TemplateStringsArray, ...parts: readonly (string | number)[]): Statement<C> => ({
    text: strings.map((string, index) => string + (parts[index] ?? '')).join(''),
    columns,
  });
}

/** The rows of a statement, of what the driver handed over. */
export function rowsOf<C extends Columns>({ columns }: Statement<C>, rows: readonly (readonly Cell[])[]): RowOf<C>[] {
  const names = Object.keys(columns);
  const kinds = names.map((name) => columns[name]!);
  return rows.map((cells) => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index++) row[names[index]!] = read(cells[index] ?? null, kinds[index]!);
    return row as RowOf<C>;
  });
}

function read(cell: Cell, kind: Columns[string]): unknown {
  if (cell === null) return null;
  switch (kind) {
    case 'text':
    case 'text?':
      return typeof cell === 'string' ? cell : String(cell);
    case 'int':
    case 'int?':
      return typeof cell === 'number' ? cell : Number(cell);
    case 'bool':
    case 'bool?':
      return typeof cell === 'boolean' ? cell : String(cell) === 't';
    default:
      return kind satisfies never;
  }
}
