// The report of simulated crashes: each point with its statement, its line and its verdict, and how to replay one.
import path from 'node:path';
import type { CrashKind, LifeStatement } from './life.ts';

/** A point at which a life was ended. */
export interface CrashPoint {
  /** Of the statement, from 1, in the order of the run without a crash. */
  readonly number: number;
  /** The life ends before the statement is sent or after it was executed; or it goes on, and the answer to its COMMIT is lost. */
  readonly kind: CrashKind;
  /** The beginning of the statement. */
  readonly statement: string;
  /** The line of the application that sent it, `file:line:column`; `undefined` for a statement of Signalbox. */
  readonly place: string | undefined;
  /** Why the invariant does not hold after it; `undefined` if it holds. */
  readonly broken?: string | undefined;
}

/** What simulated crashes found. */
export interface CrashReport {
  readonly points: readonly CrashPoint[];
  /** Those after which the invariant does not hold. */
  readonly broken: readonly CrashPoint[];
  /** A table of all points. */
  toString(): string;
}

const LONGEST_STATEMENT = 60;

/** What no point stands for. */
export const BLIND = [
  'It does not see: memory that survives a crash because the test itself goes on; clients that were not given to own; calls of outside services between two statements;',
  'two processes at once. For outside services use recorder, for two runs at once assertIdempotent.',
].join('\n');

export const pointOf = ({ number, text, place }: LifeStatement, kind: CrashKind, broken?: string): CrashPoint => ({
  number,
  kind,
  statement: text.trim().replaceAll(/\s+/g, ' ').slice(0, LONGEST_STATEMENT),
  place,
  broken,
});

/** @param planned the number of points with those that were not tried */
export function reportOf(points: readonly CrashPoint[], planned: number): CrashReport {
  return { points, broken: points.filter(({ broken }) => broken !== undefined), toString: () => tell(points, planned - points.length) };
}

export const replayOf = ({ number, kind }: CrashPoint): string => `${number} ${kind}`;

function tell(points: readonly CrashPoint[], untried: number): string {
  const broken = points.filter((point) => point.broken !== undefined);
  const rows = points.map((point) => [
    String(point.number),
    point.kind,
    point.statement,
    shortPlace(point.place),
    point.broken === undefined ? 'holds' : 'BROKEN',
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const reasons = broken.map(
    (point) =>
      `\n${where(point)}\n  ${point.broken!.replaceAll('\n', '\n  ')}\n  Replay it alone: simulateCrashes({ …, only: '${replayOf(point)}' })`,
  );
  const rest = untried === 0 ? '' : ` ${untried} more were not tried.`;
  return [`${broken.length} of ${points.length} crash points break the invariant.${rest}`, ...table, ...reasons, '', BLIND].join('\n');
}

function where({ number, kind, statement, place }: CrashPoint): string {
  const at = place === undefined ? 'of Signalbox' : `at ${place}`;
  if (kind === 'lost') return `When the answer to statement ${number} (${statement}, ${at}) is lost:`;
  return `After a crash ${kind} statement ${number} (${statement}, ${at}):`;
}

const shortPlace = (place: string | undefined): string =>
  place === undefined ? 'Signalbox' : path.relative(process.cwd(), place.replace(/^file:\/\//, ''));
