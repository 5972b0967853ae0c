// Serves the example shop: its tables and those of Signalbox, in one set of migrations.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './examples/shop/schema.ts',
  out: './examples/shop/migrations',
  dbCredentials: { url: process.env['DATABASE_URL'] ?? 'postgres://localhost:5432/postgres' },
});
