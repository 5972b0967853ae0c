// The common parts of the web servers in this folder: their options and the running server. Each server is one file,
// and none needs the others.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Signalbox } from 'signalbox';
import type { db } from '../shop/database.ts';

export type Box = Signalbox<typeof db>;

export interface StartOptions {
  /** The port to listen on; 0: any free port. */
  port: number;
  /** Whether this process also runs deliveries. If not, start `signalbox worker` beside it. */
  worker: boolean;
}

export interface RunningServer {
  readonly port: number;
  /** Answers the accepted requests, finishes the running receivers, and closes the box. The pool stays open. */
  stop(): Promise<void>;
}

/**
 * Accepts no more connections and waits for the running requests. Node does no more than that, so a client that keeps
 * its connection alive keeps the server open: here the next answer on such a connection also closes the connection.
 */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  endIdleConnections(server);
  server.close();
  await closed;
}

/** Closes connections soon after their last answer: one that is still being answered becomes idle, and then ends. */
export function endIdleConnections(server: Server): void {
  server.keepAliveTimeout = 1;
}
