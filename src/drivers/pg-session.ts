// A dedicated connection on node-postgres. Its clients do not reconnect, so each use makes a client if there is none.
import type { Session } from './driver.ts';
import { AS_TEXT, type Queryable } from './pg-rows.ts';
import { rowsOf } from './statement.ts';

/** The members of a node-postgres client that a session needs. */
interface OwnClient extends Queryable {
  readonly processID?: number | null;
  connect(): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

export function openSession(makeClient: () => object, onLost: () => void): Session {
  let current: Promise<OwnClient> | undefined;
  let closed = false;
  let lastPid: number | undefined;
  const connect = (): Promise<OwnClient> => {
    const client = makeClient() as OwnClient;
    // An old client may report its end when a new one exists already.
    const forget = (): void => {
      if (current === connected) current = undefined;
    };
    client.on('error', forget);
    client.on('end', () => {
      forget();
      onLost();
    });
    const connected = client.connect().then(
      () => client,
      (error: unknown) => {
        forget();
        client.end().catch(() => {});
        throw error;
      },
    );
    return connected;
  };
  return {
    run: async (statement, params) => {
      if (closed) throw new Error('The session was closed.');
      const client = await (current ??= connect());
      const { rows } = await client.query({ text: statement.text, values: params, ...AS_TEXT });
      lastPid = client.processID ?? undefined;
      return rowsOf(statement, rows);
    },
    lastPid: () => lastPid,
    close: async () => {
      closed = true;
      const client = await current?.catch(() => undefined);
      await client?.end();
    },
  };
}
