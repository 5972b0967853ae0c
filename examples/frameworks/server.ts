// What the web servers of this folder have in common: what they are given, and what they give back. Each of them is one
// file, and none needs the others.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Signalbox } from 'signalbox';
import type { db } from '../shop/database.ts';

export type Box = Signalbox<typeof db>;

export interface StartOptions {
  /** 0: any that is free. */
  port: number;
  /** Whether this process also runs deliveries. Where it does not, start `signalbox worker` beside it. */
  worker: boolean;
}

export interface RunningServer {
  readonly port: number;
  /** Answers the requests that it has taken, finishes the receivers that run, and closes the box. The pool stays open. */
  stop(): Promise<void>;
}

/**
 * Takes no more connections and waits for the requests that run. Node leaves it at that, so whoever keeps a connection
 * alive keeps the server: here the next answer on it says that it is the last.
 */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  endIdleConnections(server);
  server.close();
  await closed;
}

/** For the connections whose last answer is under way: they are idle after it, and closed when they have been for a moment. */
export function endIdleConnections(server: Server): void {
  server.keepAliveTimeout = 1;
}
