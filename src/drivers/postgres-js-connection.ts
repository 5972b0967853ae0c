// Ends one connection of a pool of postgres.js, which has no method for that. The connection is obtained by the option
// `onexecute`, by which postgres.js' own `begin` gets one. `end` of a connection is the method that `max_lifetime`
// calls: the connection ends when nothing is under way on it, no transaction either, and the pool makes another when it
// needs one.
//
// The option is not called for a statement with parameters that its session has not prepared yet. Then another query is
// sent behind it: in a transaction it uses the same connection; on the pool it uses an idle one, and a bad one's turn
// comes.

/**
 * Called with the connection that is about to send a query. Returning true lets the connection take further queries.
 */
export type OnExecute = (connection: Connection) => boolean;

interface Connection {
  end?(): Promise<unknown>;
}

interface Client {
  unsafe(text: string, params: readonly never[], options: { onexecute: OnExecute }): PromiseLike<unknown>;
}

/** Sends a query whose connection can be ended afterwards. `end` returns false if the connection is unknown. */
export function endable<T>(send: (onexecute: OnExecute) => T): { query: T; end(): boolean } {
  let connection: Connection | undefined;
  const query = send((sending) => {
    connection = sending;
    return true;
  });
  return { query, end: () => connection !== undefined && end(connection) };
}

/** Ends the connection on which the client sends its next query. Never rejects. */
export async function endNext(client: Client): Promise<void> {
  try {
    // The server accepts the empty query in a failed transaction, too.
    const { query, end: endIt } = endable((onexecute) => client.unsafe('', [], { onexecute }));
    await query;
    endIt();
  } catch {
    // The transaction was closed meanwhile, or the connection is lost.
  }
}

function end(connection: Connection): true {
  connection.end?.().catch(() => {});
  return true;
}
