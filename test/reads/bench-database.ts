// The database of a benchmark that reads: a server of its own, filled with a part of what months of work leave.
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { readMigrations } from '../support/migrations.ts';
import { part, seed } from './seed.ts';

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly sql: postgres.Sql;
  /** How much it has, in words. */
  readonly size: string;
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Takes `--part` from the command line. @param more fills other tables */
export async function openBench(more: (sql: postgres.Sql) => Promise<void> = async () => {}): Promise<BenchDatabase> {
  const { values } = parseArgs({ options: { part: { type: 'string', default: '1' } } });
  const size = part(Number(values.part));
  const server = await launchPostgres({ settings: { fsync: 'off', shared_buffers: '512MB', max_wal_size: '8GB' } });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(await readMigrations());
  await seed(sql, size);
  await more(sql);
  await sql`vacuum analyze`;
  const [settled, live, dead] = [size.settled, size.live, size.dead].map((count) => count.toLocaleString('en'));
  return {
    url: server.url,
    sql,
    size: `${settled} settled deliveries, ${live} live, ${dead} dead`,
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await server.stop();
    },
  };
}
