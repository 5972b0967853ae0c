// Classifies errors of drivers: an answer of the server, or the loss of the connection. Drivers and Drizzle wrap
// errors, so each function checks the error and its causes.

/** Wrapping is shallow, and a circle of causes must end. */
const DEEPEST = 5;

/** The error and its causes. */
export function* causesOf(error: unknown): Generator<object> {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < DEEPEST; depth++) {
    yield at;
    at = (at as { cause?: unknown }).cause;
  }
}

/** The SQLSTATE of an error of the database. The codes of sockets can be as long (EPIPE), but have no digit. */
export function sqlState(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

/** The name of the constraint that an error of the database names. */
export function constraintOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    // node-postgres and PGlite say `constraint`, postgres.js `constraint_name`.
    const { constraint, constraint_name: name = constraint } = cause as { constraint?: unknown; constraint_name?: unknown };
    if (typeof name === 'string') return name;
  }
  return undefined;
}

/**
 * Whether the error is the server's answer to a statement: then the statement had no effect. An error is no answer when
 * the connection was lost, when the client stopped waiting, or when the server ended the session.
 */
export function isAnswer(error: unknown): boolean {
  if (hasConnectionCode(error)) return false;
  for (const cause of causesOf(error)) {
    const { severity } = cause as { severity?: unknown };
    // Only errors of the server have a severity. It may be in another language than English, unless the session ends.
    if (typeof severity === 'string') return !/^(FATAL|PANIC)$/.test(severity);
  }
  return false;
}

/**
 * Whether the transaction conflicted with others, and need only be repeated: not serializable, or the victim of a
 * deadlock.
 */
export const isConflict = (error: unknown): boolean => /^40(001|P01)$/.test(sqlState(error) ?? '');

/**
 * Whether the server accepts no writes on this session: it is a standby or was demoted, or has been made read-only. The
 * session stays with that server, even if the host name or a proxy leads to another one by now, so it is of no more use
 * to its pool. A standby refuses serializable transactions with another code.
 */
export function isNotPrimary(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== '0A000') return state === '25006';
  for (const cause of causesOf(error)) if ((cause as { routine?: unknown }).routine === 'GetSerializableTransactionSnapshot') return true;
  return false;
}

const CONNECTION_CODES = new Set(
  'CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED CONNECT_TIMEOUT ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** Whether the error has the code of a lost connection: a SQLSTATE or the code of a socket. */
export function hasConnectionCode(error: unknown): boolean {
  const state = sqlState(error);
  // 08: connection exceptions; 57P01 to 57P03: the server shuts down, crashed, or is starting.
  if (state !== undefined && (state.startsWith('08') || /^57P0[1-3]$/.test(state))) return true;
  for (const cause of causesOf(error)) if (CONNECTION_CODES.has(String((cause as { code?: unknown }).code))) return true;
  return false;
}
