// A program that launches a server and lives until it is killed, for launch.test.ts to kill.
import { launchPostgres } from '../../../src/testing/postgres/launch.ts';

const server = await launchPostgres();
process.stdout.write(`${JSON.stringify({ pid: server.pid, url: server.url })}\n`);
setInterval(() => {}, 60_000);
