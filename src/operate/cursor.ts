// Cursors: how a caller keeps its place between two pages. Opaque text to the caller; to us the position of an entry, and the order to
// which it belongs. What comes back is data: each part is checked before it becomes a parameter.
import { Buffer } from 'node:buffer';
import { SignalboxError } from '../errors.ts';
import { rowId, uuid } from '../core/rules.ts';
import type { PageOrder, Position } from '../store/operations/pages.ts';

const LETTERS: Readonly<Record<PageOrder, string>> = { latest: 'l', finished: 'f', due: 'd' };
const LONGEST = 400;
/** Of a cursor's text: so that it can stand in a URL or a command line without quotes. */
const FORM = /^[\w-]+$/;

export const cursorOf = (order: PageOrder, { id, emissionId, receiverId, at }: Position): string =>
  Buffer.from(JSON.stringify([LETTERS[order], at, emissionId, receiverId, id])).toString('base64url');

/** The time to which a walk has come: that in the id of an emission, by its sender's clock, where emissions are walked. */
export function timeOf(order: PageOrder, { at, emissionId }: Position): Date {
  const isVersion7 = emissionId[14] === '7';
  return new Date(
    order === 'latest' && isVersion7 ? Number.parseInt(emissionId.replace('-', '').slice(0, 12), 16) : Math.floor(Number(at) / 1_000),
  );
}

/** @throws SignalboxError `InvalidOption` for what no page of this order has given */
export function positionOf(cursor: string, order: PageOrder, subject: string): Position {
  const position = read(cursor, order);
  if (position) return position;
  throw new SignalboxError(
    'InvalidOption',
    `${subject}: cursor is none of a page in the order ${order}. Give the cursor of a page with the same filter and order, or none for the first page.`,
  );
}

function read(cursor: string, order: PageOrder): Position | undefined {
  if (typeof cursor !== 'string' || cursor.length > LONGEST || !FORM.test(cursor)) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 5) return undefined;
  const [letter, at, emissionId, receiverId, id] = parts as unknown[];
  if (letter !== LETTERS[order] || typeof at !== 'string' || !/^-?\d{1,16}$/.test(at)) return undefined;
  if (!uuid.accepts(emissionId) || !Number.isInteger(receiverId) || Math.abs(receiverId as number) >= 2 ** 31 || !rowId.accepts(id))
    return undefined;
  return { at, emissionId: emissionId as string, receiverId: receiverId as number, id: id as string };
}
