// The shop on postgres.js.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from 'signalbox';
import { Orders, Payments } from '../shop.js';

const client = postgres(process.env['DATABASE_URL']!, { max: 5, fetch_types: false });
export const db = drizzle({ client });
export const box = createSignalbox({ db, services: [Payments, Orders], log: false });
export const close = () => client.end();
