// A program that uses the shared server, says which one that is, and lives until it is killed.
import { sharedPostgres } from '../../../src/testing/postgres/shared.ts';

const url = await sharedPostgres({ address: process.argv[2]!, lingerMs: Number(process.argv[3]) });
process.stdout.write(`${url}\n`);
setInterval(() => {}, 60_000);
