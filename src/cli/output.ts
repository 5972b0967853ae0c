// What the command line writes. Answers go to standard output, complaints and progress to standard error. A closed pipe
// (`| head`) ends no verb: an act that has begun goes on, and what it prints is dropped.
import { styleText } from 'node:util';
import { safeJson } from '../core/visible.ts';

/** The version of the documents of `--json`. It is raised when a member is renamed, removed, or means something else. */
const DOCUMENT_VERSION = 1;

let closed = false;
let failed: Error | undefined;

/** Keeps an unwritable stream from ending the process. Called once, before anything is written. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    closed = true;
    if (error.code !== 'EPIPE') failed ??= error;
  });
  process.stderr.on('error', () => {});
}

/** Whether the reader of standard output is gone: a verb that prints for ever ends then. */
export const isClosed = (): boolean => closed;

/** Writes a line, or lines. Text from rows is to be escaped before (core/visible.ts). */
export function print(text: string): void {
  if (!closed) process.stdout.write(`${text}\n`);
}

/** Writes the one document of a verb with `--json`. Dates become ISO 8601 in UTC, bigints text. */
export const printDocument = (members: object): void => print(documentOf(members));

export const documentOf = (members: object): string =>
  safeJson(
    JSON.stringify({ version: DOCUMENT_VERSION, ...members }, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  );

/** Writes to standard error: progress, hints, complaints. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export type Style = Parameters<typeof styleText>[0];

/** Colours where the stream is a terminal that has them, and NO_COLOR is not set. */
export const styled = (style: Style, text: string, stream: NodeJS.WritableStream = process.stdout): string =>
  styleText(style, text, { stream });

/** Resolves when all is written that can be. @throws the error of a standard output that takes nothing, as a full disk */
export async function flushOutput(): Promise<void> {
  if (!closed) await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (failed) throw failed;
}
