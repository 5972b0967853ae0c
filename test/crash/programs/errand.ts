// A process that works on one errand, and is killed on the way.
import 'reflect-metadata';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from '../../../src/index.ts';
import { release, tell } from '../../processes/parent.ts';

const { DATABASE_URL: url, ERRAND: errand } = process.env;
const client = postgres(url!, { max: 2, onnotice: () => {}, fetch_types: false });
const box = createSignalbox({ db: drizzle({ client }), log: false });
const { state } = await box.errands.work(errand!);
tell(`has ended ${state}`);
await box.close();
await client.end();
release();
