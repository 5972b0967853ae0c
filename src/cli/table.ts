// Rows as columns of text. Widths are those that a terminal shows: wide characters count twice, styles not at all.
import stringWidth from 'string-width';

/** The lines of a table, without spaces at their ends. @param head the titles of the columns */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string[] {
  const all = head && rows.length > 0 ? [head, ...rows] : rows;
  const widths: number[] = [];
  for (const row of all)
    for (const [column, cell] of row.slice(0, -1).entries()) widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
  return all.map((row) =>
    row
      .map((cell, column) => pad(cell, column < row.length - 1 ? widths[column]! : 0))
      .join('  ')
      .trimEnd(),
  );
}

const pad = (cell: string, width: number): string => cell + ' '.repeat(Math.max(0, width - stringWidth(cell)));
