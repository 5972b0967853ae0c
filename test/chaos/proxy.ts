// A proxy between the fleet and PostgreSQL on the loopback, which can cut connections, and let a statement through but
// not its answer. It reads the server's side of the protocol: a type byte, a length that counts itself, a body.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const HEADER = 5;
/** BindComplete: the answer to an execution begins. What comes before it, a client may wait for before it goes on. */
const BOUND = '2';
/** CommandComplete, and ReadyForQuery, whose body says whether a transaction is open. */
const COMPLETE = 'C';
const READY = 'Z';
const IDLE = 'I';

/** Each fault of the proxy tells which processes it hit, by the application name of their sessions. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts a share of the open connections, 0 to 1. */
  cut(share: number): number[];
  /** The next COMMIT gets through, its answer does not; then its connection is cut. Nobody is hit if none comes in time. */
  swallowCommit(withinMs: number): Promise<number[]>;
  /** The same for the next statement outside of a transaction: a claim, a settlement, a renewal. */
  swallowAnswer(withinMs: number): Promise<number[]>;
}

interface Trap {
  readonly prey: 'commit' | 'answer';
  sprung(pid: number): void;
}

export async function startProxy(target: number): Promise<Proxy> {
  const links = new Set<Link>();
  const traps: Trap[] = [];
  const server = createServer((client) => {
    const link = new Link(client, connect(target, '127.0.0.1'), traps);
    links.add(link);
    client.on('close', () => links.delete(link));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const set = (prey: Trap['prey'], withinMs: number): Promise<number[]> =>
    new Promise((resolve) => {
      const trap: Trap = { prey, sprung: (pid) => resolve([pid]) };
      traps.push(trap);
      setTimeout(() => {
        if (traps.includes(trap)) traps.splice(traps.indexOf(trap), 1);
        resolve([]);
      }, withinMs);
    });
  return {
    port: (server.address() as AddressInfo).port,
    cut: (share) => {
      const all = [...links];
      const cut = all.slice(0, Math.ceil(all.length * share));
      for (const link of cut) link.cut();
      return cut.map(({ pid }) => pid);
    },
    swallowCommit: (withinMs) => set('commit', withinMs),
    swallowAnswer: (withinMs) => set('answer', withinMs),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const link of links) link.cut();
      await closed;
    },
  };
}

class Link {
  /** Of the process at the client's end; 0 until it has said so. */
  pid = 0;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #traps: Trap[];
  #rest = Buffer.alloc(0);
  /** No transaction was open when the last answer ended. */
  #idle = false;
  #swallowing: Trap | undefined;

  constructor(client: Socket, server: Socket, traps: Trap[]) {
    this.#client = client;
    this.#server = server;
    this.#traps = traps;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
    client.once('data', (chunk) => (this.pid = Number(/chaos-(\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 0)));
    client.on('data', (chunk) => void server.write(chunk));
    server.on('data', (chunk) => this.#pass(chunk));
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #pass(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const passed: Buffer[] = [];
    while (this.#rest.length >= HEADER) {
      const length = 1 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < length) break;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      if (this.#isSwallowed(String.fromCharCode(message[0]!), message.subarray(HEADER))) continue;
      passed.push(message);
    }
    if (passed.length > 0) this.#client.write(Buffer.concat(passed));
  }

  #isSwallowed(type: string, body: Buffer): boolean {
    if (!this.#swallowing) {
      if (type === COMPLETE && body.toString('latin1').startsWith('COMMIT')) this.#swallowing = this.#take('commit');
      else if (this.#idle && (type === BOUND || type === COMPLETE)) this.#swallowing = this.#take('answer');
    }
    if (type === READY) this.#idle = body.toString('latin1') === IDLE;
    if (!this.#swallowing) return false;
    // Only now has the server committed for certain.
    if (type === READY) {
      this.#swallowing.sprung(this.pid);
      this.cut();
    }
    return true;
  }

  #take(prey: Trap['prey']): Trap | undefined {
    const index = this.#traps.findIndex((trap) => trap.prey === prey);
    return index < 0 ? undefined : this.#traps.splice(index, 1)[0];
  }
}
