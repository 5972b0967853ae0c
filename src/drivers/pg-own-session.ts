// A connection of its own on node-postgres, whose clients do not connect again: each use makes one if there is none.
import type { Row, Session } from './driver.ts';

/** What is needed of a client of node-postgres. */
interface OwnClient {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  query(config: { text: string; values: readonly unknown[] }): Promise<{ rows: readonly Row[] }>;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

export function openSession(makeClient: () => object, onLost: () => void): Session {
  let current: Promise<OwnClient> | undefined;
  const connect = async (): Promise<OwnClient> => {
    const client = makeClient() as OwnClient;
    const forget = (): void => void (current = undefined);
    client.on('error', forget);
    client.on('end', () => {
      forget();
      onLost();
    });
    try {
      await client.connect();
    } catch (error) {
      forget();
      await client.end().catch(() => {});
      throw error;
    }
    return client;
  };
  return {
    run: async (text, params) => (await (await (current ??= connect())).query({ text, values: params })).rows,
    close: async () => {
      const client = await current?.catch(() => undefined);
      await client?.end();
    },
  };
}
