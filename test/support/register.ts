// The database type of the tests, as a user's project would declare it.
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';

declare module '../../src/core/handles.ts' {
  interface Register {
    db: PostgresJsDatabase;
  }
}
