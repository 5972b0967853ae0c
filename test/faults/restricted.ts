// A database role with the rights that `signalbox grants` gives to its kinds and no others, except on the application's own tables; its
// search_path begins with a schema that has tables of the same names.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { grantsFor, type RoleKind } from '../../src/store/schema/grants.ts';
import { HOSTILE } from '../support/hostile.ts';
import { connect, type PooledDatabase } from './pooled-database.ts';

/** Options of a client that logs in as this role. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
}

export interface Restricted extends AsyncDisposable {
  readonly client: postgres.Sql;
  readonly login: Login;
}

export async function restrict({ sql, proxy }: PooledDatabase, kinds: readonly RoleKind[]): Promise<Restricted> {
  const user = `signalbox_test_${randomUUID()}`;
  const login = { user, password: 'x' };
  await sql.unsafe(`
    create role "${user}" login password 'x';
    ${kinds.map((kind) => grantsFor(kind, { to: user })).join('\n')}
    grant all on all tables in schema public to "${user}";
    grant all on all sequences in schema public to "${user}";
    ${HOSTILE}`);
  const client = connect(proxy.url, { ...login, connection: { search_path: 'hostile, public' } });
  return {
    client,
    login,
    [Symbol.asyncDispose]: async () => {
      await client.end({ timeout: 1 });
      await sql.unsafe(`drop schema hostile cascade; drop owned by "${user}"; drop role "${user}"`);
    },
  };
}
