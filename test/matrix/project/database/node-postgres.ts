// The shop on node-postgres.
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { createSignalbox } from 'signalbox';
import { Orders, Payments } from '../shop.js';

const client = new Pool({ connectionString: process.env['DATABASE_URL']!, max: 5 });
client.on('error', (error) => console.error(error));
export const db = drizzle({ client });
export const box = createSignalbox({ db, services: [Payments, Orders], log: false });
export const close = () => client.end();
