// Refuses statements that end the transaction they are sent in. PostgreSQL would execute them: the following statements
// would be outside of any transaction, and work that the caller believes committed would be rolled back, or the other
// way round. Savepoints are the caller's own: `rollback to` and `release` pass. Drizzle and the drivers send theirs
// past the guard.
import { SignalboxError } from '../errors.ts';

export const BLANK = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/|;)*`;
const ENDING = String.raw`(?:(?:commit|end|abort)\b|rollback\b(?!(?:\s+(?:work|transaction))?\s+to\b)|prepare\s+transaction\b)`;
const FIRST = new RegExp(`^${BLANK}(${ENDING})`, 'i');
/**
 * Parts that cannot begin a statement, and may contain a semicolon: quoted texts and names, dollar quotes, comments.
 */
const QUOTED =
  /\be'(?:[^'\\]+|\\[\s\S])*'|'[^']*'|"[^"]*"|(\$(?:[a-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\//gi;
/** The body of a function that is written in SQL itself ends with END. */
const SQL_BODY = /\bbegin\s+atomic\b/i;

/**
 * @param sent the argument of a client's call: a text, an object with a text, or a template
 * @throws SignalboxError `TransactionControl`
 */
export function refuseEnding(sent: unknown): void {
  const text = textOf(sent);
  if (text === undefined) return;
  const ending = FIRST.exec(text) ?? endingBehind(text);
  if (!ending) return;
  throw new SignalboxError(
    'TransactionControl',
    `${ending[1]!.toUpperCase()} was sent inside a transaction, which ends with its callback alone. Return from the callback to commit, throw to roll back; for a part of it use tx.transaction(…), which is a savepoint.`,
  );
}

/** The text of what a client is called with, if it has one. */
export function textOf(sent: unknown): string | undefined {
  if (typeof sent === 'string') return sent;
  if (Array.isArray(sent)) return 'raw' in sent ? sent.join(' ') : undefined;
  const text = (sent as { text?: unknown } | null | undefined)?.text;
  return typeof text === 'string' ? text : undefined;
}

function endingBehind(text: string): RegExpExecArray | null {
  for (const statement of laterStatements(text)) {
    const ending = FIRST.exec(statement);
    if (ending) return ending;
  }
  return null;
}

/** The later statements of a text with several, which is rare: only where a semicolon is before the end. Without what is quoted. */
export function laterStatements(text: string): readonly string[] {
  const at = text.indexOf(';');
  if (at < 0 || at === text.length - 1 || SQL_BODY.test(text)) return [];
  return text.replaceAll(QUOTED, ' ').split(';').slice(1);
}
