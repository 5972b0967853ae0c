// npm run demo: shows Signalbox at work on a machine that has nothing but Node. The demo starts a PostgreSQL of its
// own, migrates it, runs the scenarios, checks each claim against the database, and exits with 1 if a claim does not
// hold.
import 'reflect-metadata';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { completes } from './scenarios/completes.ts';
import { endsDead } from './scenarios/ends-dead.ts';
import { failsTwice } from './scenarios/fails-twice.ts';
import { rollsBack } from './scenarios/rolls-back.ts';
import { senderDiesAfterCommit, senderDiesBeforeCommit } from './scenarios/sender-dies.ts';
import { workerDies } from './scenarios/worker-dies.ts';
import { exitCodeOf } from './checks.ts';
import { migrate } from './migrate.ts';
import { DemoEnvironment } from './environment.ts';
import { runScenarios } from './scenario.ts';
import { teller } from './teller.ts';

const colours = process.stdout.isTTY && !process.env['NO_COLOR'];
const tell = teller((line) => process.stdout.write(`${line}\n`), { colours });
const startedAt = performance.now();

tell.title('Signalbox: reliable signals for Drizzle ORM on PostgreSQL');
tell.say('A shop has three modules: payment takes payments, order waits for them, analytics counts them.');
tell.say('When a payment succeeds, its order must be completed; but payment must not know about orders.');
tell.say('So payment emits a signal. Whichever process dies in between, the order must still be completed, once.');
tell.say('');
tell.say('Starting a PostgreSQL server of our own …');
await using server = await launchPostgres();
tell.say(`The server keeps its data in ${server.folder}, and both are gone when the demo ends.`);
tell.say('Migrating the database: npx drizzle-kit migrate …');
await migrate(server.url);
await using environment = await DemoEnvironment.set(server.url);

const reports = await runScenarios(
  [completes, rollsBack, senderDiesBeforeCommit, senderDiesAfterCommit, workerDies, failsTwice, endsDead],
  environment,
  tell,
);
tell.summary(reports, (performance.now() - startedAt) / 1_000);
process.exitCode = exitCodeOf(reports);
