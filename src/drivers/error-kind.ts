// What an error of a driver means: an answer of the server, or the loss of the connection. Drivers and Drizzle wrap errors,
// so each question is asked of the error and of those that caused it.

/** Wrapping is shallow; a circle of causes must come to an end. */
const DEEPEST = 5;

/** The error, and those that caused it. */
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

/**
 * Whether the error is the server's answer to a statement: then the statement had no effect. It is not when the
 * connection was lost, when the client gave up waiting, or when the server ended the session.
 */
export function isAnswer(error: unknown): boolean {
  if (hasConnectionCode(error)) return false;
  for (const cause of causesOf(error)) {
    const { severity } = cause as { severity?: unknown };
    // What only the server says. It may be in another language than English, unless the session ends.
    if (typeof severity === 'string') return !/^(FATAL|PANIC)$/.test(severity);
  }
  return false;
}

/** Whether other transactions were in the way, and all that is needed is to try again: not serializable, or the victim of a deadlock. */
export const isConflict = (error: unknown): boolean => /^40(001|P01)$/.test(sqlState(error) ?? '');

/**
 * Whether the server takes no writes on this session: it is a standby or was demoted, or has been made read-only. The session stays with
 * that server, whatever a name or a proxy leads to by now, so it is of no use to its pool any more. A standby refuses serializable
 * transactions by another code.
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

/** Whether the error is that of a lost connection: by its SQLSTATE or by the code of the socket. */
export function hasConnectionCode(error: unknown): boolean {
  const state = sqlState(error);
  // 08: connection exceptions; 57P01 to 57P03: the server shuts down, crashed, or is starting.
  if (state !== undefined && (state.startsWith('08') || /^57P0[1-3]$/.test(state))) return true;
  for (const cause of causesOf(error)) if (CONNECTION_CODES.has(String((cause as { code?: unknown }).code))) return true;
  return false;
}
