// Ending one connection of a pool of postgres.js, which has no method for that. A connection is had by the option by which its own
// `begin` gets one; `end` of a connection is what `max_lifetime` calls: it ends when nothing is under way on it, a transaction neither,
// and the pool makes another when it needs one.
//
// The option is not called for a statement with parameters that its session has not prepared yet. Then another query is sent behind
// it: in a transaction that is on the same connection; on the pool it is on one that is idle, and a bad one's turn comes.

/** Called with the connection that is about to send a query; true leaves that to take others. */
export type OnExecute = (connection: Connection) => boolean;

interface Connection {
  end?(): Promise<unknown>;
}

interface Client {
  unsafe(text: string, params: readonly never[], options: { onexecute: OnExecute }): PromiseLike<unknown>;
}

/** Sends a query, and knows how to end its connection then. `end` says whether the connection is known. */
export function endable<T>(send: (onexecute: OnExecute) => T): { query: T; end(): boolean } {
  let connection: Connection | undefined;
  const query = send((sending) => {
    connection = sending;
    return true;
  });
  return { query, end: () => connection !== undefined && end(connection) };
}

/** Ends the connection that the client sends a query on next. Never rejects. */
export async function endNext(client: Client): Promise<void> {
  try {
    // The empty query is taken in a transaction that has failed, too.
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
