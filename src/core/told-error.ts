// The form in which a thrown value is reported: in the record of a delivery, in the log, on the command line. It
// contains the reason, and leaves out every part that may hold a payload: the parameters of a query, the values that
// the database quotes, the row that it shows (`detail`), and every member that is not named here. Every text is
// bounded, and no thrown value can make this file throw.
//
// A thrown value is read by its shape and not by its class: an error of another realm (a vm context, as Jest's) is no
// instance of this realm's Error, and a DOMException or an error of a third party may be none either.

/** The parts of a thrown value that may be stored and logged. */
export interface ToldError {
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

const MAX_NAME = 200;
const MAX_MESSAGE = 4_000;
const MAX_STACK = 12_000;
/** An error and its causes. */
const MAX_CHAIN = 5;
/** The errors of an AggregateError that are reported. */
const MAX_INNER = 5;
/** How deep inner errors of inner errors are reported. */
const MAX_DEPTH = 2;
/** Characters of the text of a failed query; the reason matters more. */
const MAX_QUERY = 300;
/** Members of a thrown object that is no error. */
const MAX_KEYS = 20;
const MAX_VALUE = 200;

/** The reported form of a thrown value. Never throws. */
export function toldError(thrown: unknown): ToldError {
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

function tell(thrown: unknown): ToldError {
  const chain = chainOf(thrown, new Set(), 0);
  const message = clip(joined(chain), MAX_MESSAGE);
  if (!isError(thrown)) return { name: 'Thrown', message };
  const share = MAX_STACK / chain.length;
  const stack = chain.map((link) => clip(stackOf(link), share)).join('\nCaused by: ');
  const errors = chain.map(({ error }) => error);
  const ofDatabase = errors.filter((error) => typeof read(error, 'severity') === 'string');
  return {
    name: nameOf(thrown),
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
  if (typeof stack !== 'string') return `${nameOf(error)}: ${told}`;
  const at = raw === '' ? -1 : stack.indexOf(`: ${raw}`);
  // The message may have been changed since, and any text may be in its place.
  const head = at < 0 || at > MAX_QUERY ? nameOf(error) : stack.slice(0, at);
  const behind = at < 0 ? 0 : at + 2 + raw.length;
  const frames = stack.slice(behind, behind + MAX_STACK).split('\n');
  return [`${head}: ${told}`, ...frames.filter((line) => /^\s+at \S/.test(line))].join('\n');
}

/** The error's own name, or else that of its class. */
function nameOf(error: unknown): string {
  const name = textOf(read(error, 'name') ?? '');
  // node-postgres names its errors 'error'.
  if (name !== '' && name !== 'Error' && name !== 'error') return clip(name, MAX_NAME);
  const ofClass = textOf(read(read(error, 'constructor'), 'name') ?? '');
  // A minifier leaves one or two letters.
  return clip(ofClass.length > 2 && ofClass !== 'Object' ? ofClass : 'Error', MAX_NAME);
}

function named(key: string, errors: readonly unknown[], members: readonly string[]): object {
  for (const error of errors)
    for (const member of members) {
      const value = read(error, member);
      if (typeof value === 'string' && value !== '') return { [key]: clip(value, MAX_NAME) };
    }
  return {};
}

/**
 * Whether a value is an error, of any realm or library: recognised by its message, or by its class where the message is
 * no text.
 */
function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return typeof read(value, 'message') === 'string' || isNative(value);
}

function isNative(value: object): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/**
 * Members that may name a failure. Of any other member only the name is reported: it may be a payload, or a request.
 */
const REASONS = new Set('name message error reason code status statusCode statusText title detail type errno syscall'.split(' '));

/** A thrown value that is no error. */
function describe(value: unknown): string {
  if (typeof value === 'function') return `function ${textOf(read(value, 'name') ?? '') || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return textOf(value);
  if (isList(value)) return `[${value.length} items]`;
  if (ArrayBuffer.isView(value)) return '[bytes]';
  const members = keysOf(value)
    .slice(0, MAX_KEYS)
    .map((key) => [clip(key, MAX_NAME), REASONS.has(key) ? simplified(read(value, key)) : '…'] as const);
  return JSON.stringify(Object.fromEntries(members));
}

function simplified(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return typeof value === 'string' || typeof value === 'bigint' ? clip(String(value), MAX_VALUE) : '…';
}

/** Whether a value is an array, of any realm. */
function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/** By index: an iterator may have no end. */
function firstOf(list: readonly unknown[], most: number): unknown[] {
  return Array.from({ length: Math.min(most, list.length) }, (_, index) => read(list, index));
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** A member; `undefined` if it cannot be read. */
function read(value: unknown, key: string | number): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined;
  try {
    return (value as Record<string | number, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The text of a simple value; empty for an object, whose own conversion may run any code. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  // oxlint-disable-next-line typescript/no-base-to-string -- no object comes here
  return typeof value === 'object' || typeof value === 'function' ? '' : String(value);
}

/** The text, bounded, and without the characters that jsonb refuses. */
function clip(text: string, length: number): string {
  const clean = text.slice(0, length).replaceAll('\u0000', '').toWellFormed();
  return text.length > length ? `${clean}…` : clean;
}
