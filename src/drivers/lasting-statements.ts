// Finds statements of an application that leave more in their transaction than rows: a setting, a role, a cursor, a temporary table. In a
// transaction that several deliveries share, these would reach the next delivery, for nothing but a ROLLBACK takes them back. A function or
// a procedure of the database can do the same unseen, so a call of a procedure and a DO count, and functions are the application's own to
// know (docs/guides/sharing.md).
import { BLANK, laterStatements, textOf } from './transaction-control.ts';

const LASTING = new RegExp(
  `^${BLANK}(?:set|reset|discard|declare|do|call|load|prepare|execute|create\\s+(?:(?:global|local)\\s+)?temp(?:orary)?)\\b`,
  'i',
);
/** Anywhere in a text, also where it only quotes it: to be wrong costs a transaction. `part_of_shared_transaction` is our savepoint. */
const WITHIN = /\bset_config\b|\binto\s+temp(?:orary)?\b|\bpg_temp\b|part_of_shared_transaction/i;

/** Whether what a client is called with may leave something for the statements after it. @param sent as in `refuseEnding` */
export function isLasting(sent: unknown): boolean {
  const text = textOf(sent);
  return (
    text !== undefined && (LASTING.test(text) || WITHIN.test(text) || laterStatements(text).some((statement) => LASTING.test(statement)))
  );
}
