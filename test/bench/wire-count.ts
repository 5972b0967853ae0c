// A loopback TCP proxy in front of PostgreSQL that counts round trips, statements and bytes. It is for runs that are
// not timed, because it costs time itself.
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Traffic {
  /**
   * The number of times that a client had to wait for the server. Messages that are sent meanwhile are on the same
   * trip.
   */
  readonly roundTrips: number;
  /** Statements executed: simple queries (BEGIN, COMMIT and the like among them) and Execute messages. */
  readonly statements: number;
  /** Statements parsed: those that no client had prepared. */
  readonly parses: number;
  /** Both ways. */
  readonly bytes: number;
}

export interface WireCount extends AsyncDisposable {
  /** The server's URL, through the proxy. */
  readonly url: string;
  /** Since the last call. */
  take(): Traffic;
}

export async function countWire(serverUrl: string): Promise<WireCount> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const counter = new Counter();
  const server: Server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    const connection = counter.connection();
    client.on('data', (chunk: Buffer) => {
      connection.asked(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      connection.answered(chunk);
      client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    take: () => counter.take(),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Counts over all connections. Pure: the caller passes the messages. */
export class Counter {
  #roundTrips = 0;
  #statements = 0;
  #parses = 0;
  #bytes = 0;

  take(): Traffic {
    const taken = { roundTrips: this.#roundTrips, statements: this.#statements, parses: this.#parses, bytes: this.#bytes };
    this.#roundTrips = this.#statements = this.#parses = this.#bytes = 0;
    return taken;
  }

  connection(): { asked(chunk: Buffer): void; answered(chunk: Buffer): void } {
    const questions = messages({ startup: true });
    const answers = messages({ startup: false });
    /** Whether the client has sent something since the server last spoke. */
    let waiting = false;
    return {
      asked: (chunk) => {
        this.#bytes += chunk.length;
        for (const type of questions(chunk)) {
          if (type === 'Q' || type === 'E') this.#statements += 1;
          if (type === 'P') this.#parses += 1;
          if ('QSHF'.includes(type) && !waiting) {
            waiting = true;
            this.#roundTrips += 1;
          }
        }
      },
      answered: (chunk) => {
        this.#bytes += chunk.length;
        // Anything except unsolicited messages: a notification, a notice, a changed setting.
        for (const type of answers(chunk)) if (!'ANS'.includes(type)) waiting = false;
      },
    };
  }
}

/** The types of the complete messages. The first message of a client has none and is omitted. */
function messages({ startup }: { startup: boolean }): (chunk: Buffer) => string[] {
  let rest: Buffer = Buffer.alloc(0);
  let first = startup;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const types: string[] = [];
    for (;;) {
      const header = first ? 0 : 1;
      if (rest.length < header + 4) return types;
      const length = header + rest.readInt32BE(header);
      if (rest.length < length) return types;
      if (!first) types.push(String.fromCharCode(rest[0]!));
      rest = rest.subarray(length);
      first = false;
    }
  };
}
