// How the rows of two snapshots differ: which rows are more or fewer, and in which columns those that stand for each other differ. Pure.
import type { TableSnapshot } from '../store/testing/snapshot.ts';

type Row = Readonly<Record<string, unknown>>;

/** One line for each difference. @param ignored columns, as `orders.updated_at` */
export function differencesOf(one: readonly TableSnapshot[], other: readonly TableSnapshot[], ignored: ReadonlySet<string>): string[] {
  return one.flatMap((before, index) => differencesOfTable(before, other[index]!, ignored));
}

function differencesOfTable(
  { table: { name }, rows, varying }: TableSnapshot,
  other: TableSnapshot,
  ignored: ReadonlySet<string>,
): string[] {
  const compared = (text: string): Row =>
    Object.fromEntries(
      Object.entries(JSON.parse(text) as Row).filter(([column]) => !varying.has(column) && !ignored.has(`${name}.${column}`)),
    );
  const [left, right] = unmatched(rows.map(compared), other.rows.map(compared));
  const pairs = Math.min(left.length, right.length);
  const lines = left.slice(0, pairs).map((row, index) => `${name}: ${columnsThatDiffer(row, right[index]!)}`);
  for (const row of left.slice(pairs)) lines.push(`${name}: the row ${JSON.stringify(row)} is missing`);
  for (const row of right.slice(pairs)) lines.push(`${name}: the row ${JSON.stringify(row)} is one too many`);
  return lines;
}

/** Those of each side that the other has not, as often as it has them. */
function unmatched(left: readonly Row[], right: readonly Row[]): [Row[], Row[]] {
  const counts = new Map<string, number>();
  for (const row of right) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
  const onlyLeft = left.filter((row) => {
    const count = counts.get(JSON.stringify(row)) ?? 0;
    counts.set(JSON.stringify(row), count - 1);
    return count <= 0;
  });
  const onlyRight: Row[] = [];
  for (const [row, count] of counts) for (let times = 0; times < count; times++) onlyRight.push(JSON.parse(row) as Row);
  return [onlyLeft, onlyRight];
}

function columnsThatDiffer(before: Row, after: Row): string {
  const columns = Object.keys(before).filter((column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]));
  const changes = columns.map((column) => `${column} ${JSON.stringify(before[column])} became ${JSON.stringify(after[column])}`);
  return `${changes.join(', ')} in the row ${JSON.stringify(after)}`;
}
