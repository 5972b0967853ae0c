// The box of a Next.js server, which only emits: a worker runs elsewhere, and the catalogue knows its receivers.
// The box is kept on globalThis, because every hot reload evaluates this module again and would leave a pool behind.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from 'signalbox';

const open = () => createSignalbox({ db: drizzle({ client: postgres(process.env['DATABASE_URL'] ?? '', { fetch_types: false }) }) });

const kept = globalThis as typeof globalThis & { signalbox?: ReturnType<typeof open> };

export const box = (kept.signalbox ??= open());
