// The form in which a thrown value is reported: in the record of a delivery, in the log, on the command line. It
// contains the reason, and leaves out every part that may hold a payload: the parameters of a query, the values that
// the database quotes, the row that it shows (`detail`), and every member that is not named here. Every text is
// bounded, and no thrown value can make this file throw.
import { clip, describe, errorName, firstOf, isError, isList, MAX_NAME, read, textOf } from './thrown.ts';

/** The parts of a thrown value that may be stored and logged. */
export interface ErrorReport {
  readonly name: string;
  /** The message, with the reasons that caused it. */
  readonly message: string;
  /** The stacks of the error and of its causes. Missing when no error was thrown but another value. */
  readonly stack?: string;
  /** A SQLSTATE, a code of the system, a code of a library: the nearest one. */
  readonly code?: string;
  /** As the database names it. */
  readonly constraint?: string;
  /** As the database names it. */
  readonly table?: string;
}

const MAX_MESSAGE = 4_000;
const MAX_STACK = 12_000;
/** An error and its causes. */
const MAX_CHAIN = 5;
/** The errors of an AggregateError that are reported. */
const MAX_INNER = 5;
/** The depth to which inner errors of inner errors are reported. */
const MAX_DEPTH = 2;
/** Characters of the text of a failed query; the reason matters more. */
const MAX_QUERY = 300;

/** The reported form of a thrown value. Never throws. */
export function errorReport(thrown: unknown): ErrorReport {
  try {
    return tell(thrown);
  } catch {
    // A case that is not foreseen below must not leave a delivery without an outcome.
    return { name: 'Thrown', message: 'A value that cannot be read.' };
  }
}

/** One error of a chain, or another value in its place. */
interface Link {
  readonly error: unknown;
  /** Its message as it is. */
  readonly raw: string;
  /** Its message as it is reported. */
  readonly reason: string;
  /** The same, with the errors inside it. */
  readonly text: string;
}

function tell(thrown: unknown): ErrorReport {
  const chain = chainOf(thrown, new Set(), 0);
  const message = clip(joined(chain), MAX_MESSAGE);
  if (!isError(thrown)) return { name: 'Thrown', message };
  const share = MAX_STACK / chain.length;
  const stack = chain.map((link) => clip(stackOf(link), share)).join('\nCaused by: ');
  const errors = chain.map(({ error }) => error);
  const ofDatabase = errors.filter((error) => typeof read(error, 'severity') === 'string');
  return {
    name: errorName(thrown),
    message,
    stack,
    ...named('code', errors, ['code']),
    // postgres.js has names of its own for these.
    ...named('constraint', ofDatabase, ['constraint', 'constraint_name']),
    ...named('table', ofDatabase, ['table', 'table_name']),
  };
}

/** The thrown value and its causes, the nearest first. */
function chainOf(thrown: unknown, seen: Set<unknown>, depth: number): Link[] {
  const errors: unknown[] = [];
  for (let at = thrown; errors.length < MAX_CHAIN && !seen.has(at);) {
    errors.push(at);
    if (!isError(at)) break;
    seen.add(at);
    const cause = causeOf(at);
    if (cause === undefined) break;
    at = cause;
  }
  const links: Link[] = [];
  // From the last: an error may quote the message of its cause, and must not quote more of it than is reported.
  for (const error of errors.toReversed()) {
    const raw = isError(error) ? textOf(read(error, 'message') ?? '') : describe(error);
    const quoting = links.reduce((text, link) => (link.reason === link.raw ? text : text.replaceAll(link.raw, link.reason)), raw);
    const reason = reasonOf(error, quoting);
    links.push({ error, raw, reason, text: reason + innerOf(error, seen, depth, reason) });
  }
  return links.toReversed();
}

/** The error, or the text, that an error names as its cause. Any other value there is data, and may be confidential. */
function causeOf(error: unknown): unknown {
  // A SuppressedError (`using`) has it under another name.
  for (const cause of [read(error, 'cause'), read(error, 'error')]) if (isError(cause) || typeof cause === 'string') return cause;
  return undefined;
}

/**
 * The messages of a chain, each with its share, because the first may be the text of a query. A quoted message is not
 * repeated.
 */
function joined(chain: readonly Link[]): string {
  const share = Math.floor(MAX_MESSAGE / Math.max(1, chain.length));
  return chain.reduce((message, { text }, index) => {
    const next = clip(text, chain.length === 1 ? MAX_MESSAGE : share);
    if (index === 0 || message === '') return next;
    return next === '' || message.includes(next) ? message : `${message}: ${next}`;
  }, '');
}

/** The messages of the errors inside an AggregateError, or of the one that a SuppressedError hid. */
function innerOf(error: unknown, seen: Set<unknown>, depth: number, message: string): string {
  if (depth >= MAX_DEPTH) return '';
  const errors = read(error, 'errors');
  const suppressed = read(error, 'suppressed');
  const all = isList(errors) ? firstOf(errors, MAX_INNER) : [];
  if (isError(suppressed)) all.push(suppressed);
  const told = all.map((inner) => joined(chainOf(inner, seen, depth + 1))).filter((text) => text !== '');
  if (told.length === 0) return '';
  const more = isList(errors) && errors.length > MAX_INNER ? `; and ${errors.length - MAX_INNER} more` : '';
  const list = clip(told.map((text) => clip(text, MAX_MESSAGE / MAX_INNER)).join('; ') + more, MAX_MESSAGE);
  return message === '' ? list : ` (${list})`;
}

/** A message without the parts that may hold a payload. */
function reasonOf(error: unknown, message: string): string {
  const text = withoutParameters(message);
  // Data exceptions quote the value: `invalid input syntax for type integer: "…"`. Names are quoted by other classes.
  // The server may speak a language with other quotation marks.
  const isOfData = typeof read(error, 'severity') === 'string' && textOf(read(error, 'code') ?? '').startsWith('22');
  return isOfData ? text.replace(/["«»„“”].*["«»„“”]/su, '"…"') : text;
}

/**
 * Drizzle's message of a failed query: its text, and a last line with the parameters, whose end cannot be recognised.
 */
function withoutParameters(message: string): string {
  const end = message.indexOf('\nparams: ');
  const text = end < 0 ? message : message.slice(0, end);
  const query = text.indexOf('Failed query: ');
  return query < 0 ? text : text.slice(0, query) + clip(text.slice(query), MAX_QUERY);
}

/** The name, the reported message, and the lines of the stack that name a place in the code. */
function stackOf({ error, raw, text }: Link): string {
  if (!isError(error)) return text;
  const told = clip(text, MAX_MESSAGE);
  const stack = read(error, 'stack');
  if (typeof stack !== 'string') return `${errorName(error)}: ${told}`;
  const at = raw === '' ? -1 : stack.indexOf(`: ${raw}`);
  // The message may have been changed since, and any text may be in its place.
  const head = at < 0 || at > MAX_QUERY ? errorName(error) : stack.slice(0, at);
  const behind = at < 0 ? 0 : at + 2 + raw.length;
  const frames = stack.slice(behind, behind + MAX_STACK).split('\n');
  return [`${head}: ${told}`, ...frames.filter((line) => /^\s+at \S/.test(line))].join('\n');
}

function named(key: string, errors: readonly unknown[], members: readonly string[]): object {
  for (const error of errors)
    for (const member of members) {
      const value = read(error, member);
      if (typeof value === 'string' && value !== '') return { [key]: clip(value, MAX_NAME) };
    }
  return {};
}
