// LISTEN on node-postgres, which does not reconnect by itself: with a client of its own, made anew when it is lost, or
// on the only client there is.

/** The members of a node-postgres client that listening needs. */
export interface ListeningClient {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  query(text: string): Promise<unknown>;
  on(event: 'error' | 'notification' | 'end', listener: (message: { channel?: string }) => void): unknown;
  off(event: 'notification', listener: (message: { channel?: string }) => void): unknown;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;

/**
 * Listens with clients of its own. Rejects if the first cannot connect; later ones are tried for ever. Returns a
 * function that stops listening.
 */
export async function listenWithOwnClient(
  makeClient: () => ListeningClient,
  channel: string,
  onMessage: () => void,
): Promise<() => Promise<void>> {
  let current: ListeningClient | undefined;
  let connecting: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const connect = async (): Promise<void> => {
    const client = makeClient();
    let lost = false;
    client.on('error', () => {});
    client.on('notification', onMessage);
    client.on('end', () => {
      lost = true;
      if (current === client) reconnect(FIRST_WAIT_MS);
    });
    try {
      await client.connect();
      await client.query(`listen ${quoted(channel)}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    current = client;
    if (lost) reconnect(FIRST_WAIT_MS);
  };
  const reconnect = (waitMs: number): void => {
    if (ended) return;
    current = undefined;
    timer = setTimeout(() => {
      // Notifications that were sent meanwhile are lost, so the caller polls now.
      connecting = connect().then(onMessage, () => reconnect(Math.min(LONGEST_WAIT_MS, waitMs * 2)));
    }, waitMs);
    timer.unref();
  };
  await connect();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await connecting;
    await current?.end();
  };
}

/** Listens on a client with other users, which take turns by `inTurn`. Returns a function that stops listening. */
export async function listenOn(
  client: ListeningClient,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
  channel: string,
  onMessage: () => void,
): Promise<() => Promise<void>> {
  const hear = (message: { channel?: string }): void => {
    if (message.channel === channel) onMessage();
  };
  await inTurn(() => client.query(`listen ${quoted(channel)}`));
  client.on('notification', hear);
  return async () => {
    client.off('notification', hear);
    // No UNLISTEN: another worker of this process may still listen, and a notification without a listener costs
    // nothing.
  };
}
