// A proxy between the fleet and its servers on the loopback, PostgreSQL and a pooler. The proxy can cut connections,
// let a statement through but not its answer, and withhold notifications. It reads the messages of the server. The
// proxy of the other tests, in test/processes/proxy.ts, reads the messages of clients and waits for one statement of
// one test.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Message, messages } from '../processes/proxy.ts';

/** BindComplete: the answer to an execution begins. A client may wait for earlier messages before it sends more. */
const BOUND = '2';
/** CommandComplete, and ReadyForQuery, whose body says whether a transaction is open. */
const COMPLETE = 'C';
const READY = 'Z';
const IDLE = 'I';
const NOTIFICATION = 'A';

/** Each fault of the proxy returns the processes that it hit, by the application name of their sessions. */
export interface Proxy extends AsyncDisposable {
  /** Of each target, in their order. */
  readonly ports: readonly number[];
  /** Cuts a share of the open connections, 0 to 1. */
  cut(share: number): number[];
  /**
   * The next COMMIT takes effect, its answer is dropped, and its connection is cut. Hits no process if none comes in
   * time.
   */
  swallowCommit(withinMs: number): Promise<number[]>;
  /** The same for the next statement outside of a transaction: a claim, a settlement, a renewal. */
  swallowAnswer(withinMs: number): Promise<number[]>;
  /** Withholds notifications for this time. Resolves to the number of withheld ones. */
  withholdNotifications(forMs: number): Promise<number>;
}

/** State that all connections share. */
interface Shared {
  readonly planned: PlannedLoss[];
  /** Until when notifications are withheld. */
  silentUntil: number;
  withheld: number;
}

interface PlannedLoss {
  readonly answerTo: 'commit' | 'answer';
  met(pid: number): void;
}

export async function startProxy(targets: readonly number[]): Promise<Proxy> {
  const links = new Set<Link>();
  const shared: Shared = { planned: [], silentUntil: 0, withheld: 0 };
  const { planned } = shared;
  const servers = targets.map((target) =>
    createServer((client) => {
      const link = new Link(client, connect(target, '127.0.0.1'), shared);
      links.add(link);
      client.on('close', () => links.delete(link));
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const set = (answerTo: PlannedLoss['answerTo'], withinMs: number): Promise<number[]> =>
    new Promise((resolve) => {
      const loss: PlannedLoss = { answerTo, met: (pid) => resolve([pid]) };
      planned.push(loss);
      setTimeout(() => {
        if (planned.includes(loss)) planned.splice(planned.indexOf(loss), 1);
        resolve([]);
      }, withinMs);
    });
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    cut: (share) => {
      // At random: otherwise the oldest ones, which never end by themselves, would be hit each time.
      const all = [...links].toSorted(() => Math.random() - 0.5);
      const cut = all.slice(0, Math.ceil(all.length * share));
      for (const link of cut) link.cut();
      return cut.map(({ pid }) => pid);
    },
    swallowCommit: (withinMs) => set('commit', withinMs),
    swallowAnswer: (withinMs) => set('answer', withinMs),
    withholdNotifications: async (forMs) => {
      const before = shared.withheld;
      shared.silentUntil = Math.max(shared.silentUntil, Date.now() + forMs);
      await pause(forMs);
      return shared.withheld - before;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = servers.map((server) => once(server, 'close'));
      for (const server of servers) server.close();
      for (const link of links) link.cut();
      await Promise.all(closed);
    },
  };
}

class Link {
  /** The id of the client's process; 0 until the client has sent it. */
  pid = 0;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #shared: Shared;
  readonly #messages = messages({ startup: false });
  /** No transaction was open when the last answer ended. */
  #idle = false;
  #swallowing: PlannedLoss | undefined;

  constructor(client: Socket, server: Socket, shared: Shared) {
    this.#client = client;
    this.#server = server;
    this.#shared = shared;
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
    const passed = this.#messages(chunk).filter((message) => !this.#isSwallowed(message));
    if (passed.length > 0) this.#client.write(Buffer.concat(passed.map(({ bytes }) => bytes)));
  }

  #isSwallowed({ type, texts }: Message): boolean {
    if (type === NOTIFICATION && Date.now() < this.#shared.silentUntil) {
      this.#shared.withheld++;
      return true;
    }
    const body = type === COMPLETE || type === READY ? texts()[0]! : '';
    if (!this.#swallowing) {
      if (type === COMPLETE && body.startsWith('COMMIT')) this.#swallowing = this.#take('commit');
      else if (this.#idle && (type === BOUND || type === COMPLETE)) this.#swallowing = this.#take('answer');
    }
    if (type === READY) this.#idle = body === IDLE;
    if (!this.#swallowing) return false;
    // Only now has the server committed for certain.
    if (type === READY) {
      this.#swallowing.met(this.pid);
      this.cut();
    }
    return true;
  }

  #take(answerTo: PlannedLoss['answerTo']): PlannedLoss | undefined {
    const { planned } = this.#shared;
    const index = planned.findIndex((loss) => loss.answerTo === answerTo);
    return index < 0 ? undefined : planned.splice(index, 1)[0];
  }
}
