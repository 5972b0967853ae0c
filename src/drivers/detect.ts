// Finds the driver of a Drizzle database by its client.
import { SignalboxError } from '../errors.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { isNodePostgres, nodePostgres } from './node-postgres.ts';
import { isPglite, pglite } from './pglite.ts';
import { isPostgresJs, postgresJs } from './postgres-js.ts';

/** @throws SignalboxError `UnsupportedDatabase` */
export function driverOf(db: object, options: DriverOptions = {}): Driver {
  const client: unknown = (db as { $client?: unknown })?.$client;
  if (isPostgresJs(client)) return postgresJs(client, options);
  if (isNodePostgres(client)) return nodePostgres(client, options);
  if (isPglite(client)) return pglite(client);
  throw new SignalboxError(
    'UnsupportedDatabase',
    client === undefined
      ? 'createSignalbox({ db }) was given a value that is no Drizzle database. Give it the result of drizzle({ client }).'
      : 'createSignalbox({ db }) was given a Drizzle database with an unsupported client. Use drizzle({ client }) with postgres(url) of postgres.js, with new Pool(…) or a connected Client of node-postgres, or with a PGlite.',
  );
}
