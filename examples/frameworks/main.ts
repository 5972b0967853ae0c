// Runs one of the servers until SIGTERM or SIGINT. DATABASE_URL names a database with the shop's migrations.
// node --import @oxc-node/core/register examples/frameworks/main.ts hono [--without-worker]
import { parseArgs } from 'node:util';
import { db } from '../shop/database.ts';
import * as express from './express.ts';
import * as fastify from './fastify.ts';
import * as hono from './hono.ts';
import box from './signalbox.config.ts';

const frameworks = { express, fastify, hono };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'without-worker': { type: 'boolean', default: false } } });
const framework = Object.entries(frameworks).find(([name]) => name === (positionals[0] ?? 'hono'))?.[1];
if (!framework) throw new Error(`There is no server ${positionals[0]}; there are ${Object.keys(frameworks).join(', ')}.`);

const server = await framework.start(box, { port: Number(process.env['PORT'] ?? 3_000), worker: !values['without-worker'] });
console.log(`http://127.0.0.1:${server.port}`);

const stop = async (): Promise<void> => {
  await server.stop();
  await db.$client.end(); // last: requests and receivers use the pool until they end
};
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
