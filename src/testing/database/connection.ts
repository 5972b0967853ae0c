// One connection of the testing kit to a server, by the client that the project has: postgres.js or node-postgres.
import { type Param, type Run } from '../../drivers/driver.ts';
import { type Cell, rowsOf } from '../../drivers/statement.ts';
import { SignalboxError } from '../../errors.ts';

export interface Connection {
  readonly run: Run;
  end(): Promise<void>;
}

/** Connects when the first statement is sent. @throws SignalboxError `InvalidOption` without a client */
export async function connectTo(url: string): Promise<Connection> {
  const send = (await byPostgresJs(url)) ?? (await byNodePostgres(url));
  if (!send)
    throw new SignalboxError(
      'InvalidOption',
      'createTestDatabase: neither postgres nor pg is installed, so no database can be made. Install the one that your application uses.',
    );
  return send;
}

/** Connects, for as long as `work` takes. */
export async function withConnection<T>(url: string, work: (run: Run) => Promise<T>): Promise<T> {
  const { run, end } = await connectTo(url);
  try {
    return await work(run);
  } finally {
    await end();
  }
}

type Send = (text: string, params: readonly Param[]) => Promise<readonly (readonly Cell[])[]>;

const runBy =
  (send: Send): Run =>
  async (statement, params) =>
    rowsOf(statement, await send(statement.text, params));

async function byPostgresJs(url: string): Promise<Connection | undefined> {
  const found = await orUndefined(() => import('postgres'));
  if (!found) return undefined;
  const sql = found.default(url, { max: 1, fetch_types: false, onnotice: () => {} });
  const send: Send = async (text, params) => sql.unsafe(text, [...params]).values();
  return { run: runBy(send), end: () => sql.end() };
}

async function byNodePostgres(url: string): Promise<Connection | undefined> {
  const found = await orUndefined(() => import('pg'));
  if (!found) return undefined;
  const client = new found.default.Client({ connectionString: url });
  client.on('error', () => {});
  const connected = (): Promise<unknown> => (connecting ??= client.connect());
  let connecting: Promise<unknown> | undefined;
  const send: Send = async (text, params) => {
    await connected();
    return (await client.query<Cell[]>({ text, values: [...params], rowMode: 'array' })).rows;
  };
  return { run: runBy(send), end: () => client.end() };
}

/** The module, if it is installed. */
export async function orUndefined<M>(load: () => Promise<M>): Promise<M | undefined> {
  try {
    return await load();
  } catch (error) {
    if (String((error as { code?: unknown }).code).endsWith('MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}
