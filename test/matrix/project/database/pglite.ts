// The shop on PGlite. Its files are those that make-pglite.mjs has made, because making them again takes seconds.
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { createSignalbox } from 'signalbox';
import { Orders, Payments } from '../shop.js';

const client = new PGlite({ loadDataDir: new Blob([readFileSync('pglite.tar')]) });
export const db = drizzle({ client });
export const box = createSignalbox({ db, services: [Payments, Orders], log: false });
export const close = () => client.close();
