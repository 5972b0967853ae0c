// npm run demo:dashboard: a market that lives, and its dashboard. Starts a PostgreSQL of its own, two workers and customers who check out, and
// prints the address; Ctrl-C ends all of it. `-- --port 4000` asks for another port.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { openDemo } from './demo.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4747' } } });

process.stdout.write('Starting a PostgreSQL server of our own …\n');
await using demo = await openDemo(Number(values.port));
process.stdout.write(`The market is open: ${demo.url}\nCtrl-C closes it.\n`);
await once(process, 'SIGINT');
