// A loopback TCP proxy in front of a PostgreSQL server, for tests of connections that end at the worst moment. The
// proxy reads the messages that it forwards, so it recognises a COMMIT and its answer. It has no TLS.
// A test chooses one statement, by the client's messages, and the way in which its connection is lost. The proxy of the
// chaos runs, in test/chaos/proxy.ts, hits any statement, by the server's messages; the two share only the parser of
// messages.
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The way in which the connection of a statement is lost. */
export type ConnectionLoss =
  /** It is answered, and the client's connection is cut instead of passing the answer on. */
  | 'its answer is lost'
  /** It reaches the server, and the client's connection is cut at once. */
  | 'cut while under way'
  /** It does not reach the server: both connections are cut. */
  | 'never sent'
  /** It does not reach the server: the client's connection is cut, and the server notices nothing. */
  | 'never sent, unnoticed';

export interface ProxyCut {
  /** Cuts the client's connection that has this port. The default is an orderly end. */
  (client: Socket): void;
}

export interface Proxy extends AsyncDisposable {
  /** The server's URL, through the proxy. */
  readonly url: string;
  /** Loses the connection of the next COMMIT, whichever connection that is. Resolves when the client's connection is cut. */
  nextCommit(loss: ConnectionLoss, cut?: ProxyCut): Promise<void>;
  /** The same for the next statement whose text matches. */
  next(statement: RegExp, loss: ConnectionLoss, cut?: ProxyCut): Promise<void>;
  /** Resolves when a statement whose text matches passes by. */
  seen(statement: RegExp): Promise<void>;
  /** Ends every connection. */
  endAll(): void;
  /** Refuses new connections, until `open`. */
  close(): void;
  /** Lets new connections wait, until `open`. */
  park(): void;
  open(): void;
}

interface PlannedLoss {
  readonly statement: RegExp;
  readonly loss: ConnectionLoss;
  readonly cut: ProxyCut;
  done(): void;
}

const COMMIT = /^\s*commit\s*;?\s*$/i;

/** Starts a proxy to the server of a URL, on a free port. */
export async function openProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let planned: PlannedLoss | undefined;
  let state: 'open' | 'closed' | 'parked' = 'open';
  const parked: (() => void)[] = [];
  const watches = new Map<RegExp, () => void>();
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const lossOf = ({ text, isExecuted }: Statement): PlannedLoss | undefined => {
    for (const [statement, tell] of watches) if (statement.test(text)) tell();
    if (!planned?.statement.test(text)) return undefined;
    // A prepared statement is not executed yet: a driver may wait for the answer to the first message.
    if (!isExecuted && !planned.loss.startsWith('never sent')) return undefined;
    const taken = planned;
    planned = undefined;
    return taken;
  };
  const next: Proxy['next'] = (statement, loss, cut = (client) => client.destroy()) =>
    new Promise((done) => (planned = { statement, loss, cut, done }));
  // Without delay, for the messages of one statement are sent one by one.
  const server: Server = createServer({ noDelay: true }, (client) => {
    keep(client);
    const go = (): void => {
      const upstream = keep(connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true }));
      forward(client, upstream, lossOf);
    };
    if (state === 'open') go();
    else if (state === 'parked') parked.push(go);
    else client.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    seen: (statement) => new Promise((resolve) => watches.set(statement, resolve)),
    nextCommit: (loss, cut) => next(COMMIT, loss, cut),
    next,
    endAll,
    close: () => (state = 'closed'),
    park: () => (state = 'parked'),
    open: () => {
      state = 'open';
      for (const go of parked.splice(0)) go();
    },
    [Symbol.asyncDispose]: async () => {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Forwards both ways until the connection is lost. */
function forward(client: Socket, upstream: Socket, lossOf: (statement: Statement) => PlannedLoss | undefined): void {
  const statementOf = statements();
  const asked = messages({ startup: true });
  const answered = messages({ startup: false });
  let planned: PlannedLoss | undefined;
  const end = (): void => {
    planned!.cut(client);
    planned!.done();
  };
  client.on('data', (chunk: Buffer) => {
    if (planned) return;
    for (const message of asked(chunk)) {
      const statement = statementOf(message);
      if (statement !== undefined) planned ??= lossOf(statement);
      if (planned?.loss.startsWith('never sent')) {
        if (planned.loss === 'never sent') upstream.destroy();
        return end();
      }
      upstream.write(message.bytes);
    }
    if (planned?.loss === 'cut while under way') end();
  });
  upstream.on('data', (chunk: Buffer) => {
    if (!planned) client.write(chunk);
    else if (answered(chunk).some(({ type }) => type === 'Z') && planned.loss === 'its answer is lost') {
      end();
      upstream.destroy();
    }
  });
  client.on('close', () => {
    if (!planned) upstream.destroy();
  });
  upstream.on('close', () => client.destroy());
}

export interface Message {
  /** One letter; empty for the first message of a client. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Texts, each of which ends with a NUL, from the start of its body. */
  texts(): string[];
}

/** Cuts a stream into the messages of PostgreSQL's protocol; what is incomplete waits for more. */
export function messages({ startup }: { startup: boolean }): (chunk: Buffer) => Message[] {
  let rest: Buffer = Buffer.alloc(0);
  let first = startup;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const found: Message[] = [];
    for (;;) {
      const header = first ? 0 : 1;
      if (rest.length < header + 4) return found;
      const length = header + rest.readInt32BE(header);
      if (rest.length < length) return found;
      const bytes = rest.subarray(0, length);
      found.push({
        type: first ? '' : String.fromCharCode(bytes[0]!),
        bytes,
        texts: () => bytes.toString('latin1', header + 4).split('\0'),
      });
      rest = rest.subarray(length);
      first = false;
    }
  };
}

interface Statement {
  readonly text: string;
  /** Or only prepared. */
  readonly isExecuted: boolean;
}

/** The statement that a message begins: as a query, or by the name under which it was prepared. */
function statements(): (message: Message) => Statement | undefined {
  const prepared = new Map<string, string>();
  return ({ type, texts }) => {
    if (type === 'Q') return { text: texts()[0]!, isExecuted: true };
    if (type === 'P') {
      const [name, text] = texts();
      prepared.set(name!, text!);
      return { text: text!, isExecuted: false };
    }
    if (type !== 'B') return undefined;
    // The name of the portal comes first.
    const text = prepared.get(texts()[1]!);
    return text === undefined ? undefined : { text, isExecuted: true };
  };
}
