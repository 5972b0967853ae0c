// A process that emits in a transaction, and reports each point that it reaches. It commits when the test sends
// 'commit'.
import 'reflect-metadata';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox } from '../../../src/index.ts';
import { block, tell, told } from '../../processes/parent.ts';
import { Effects, happened } from './receivers.ts';

const client = postgres(process.env['DATABASE_URL']!, { max: 2, fetch_types: false, connection: { application_name: 'crash' } });
const db = drizzle({ client });
createSignalbox({ db, services: [Effects], log: false });
const commit = told('commit');

await db.transaction(async (tx) => {
  await happened.emitReliable(tx, { value: 1 });
  tell('emitted');
  await commit;
});
tell('committed');
block();
