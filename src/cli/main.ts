#!/usr/bin/env node
// The command `signalbox`: picks the verb, reports what goes wrong, and ends the process with a code that says how it went.
import { packageVersion } from '../version.ts';
import { announceCommand } from './verbs/announce.ts';
import { migrateCommand } from './verbs/migrate.ts';
import { print } from './options.ts';
import { reportError } from './print-error.ts';
import { tuningCommand } from './verbs/tuning.ts';
import { HELP, UsageError } from './help.ts';
import { workerCommand } from './verbs/worker.ts';

/** Verbs and what runs them. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  worker: workerCommand,
  announce: announceCommand,
  migrate: migrateCommand,
  tuning: tuningCommand,
};

async function main([verb, ...args]: readonly string[]): Promise<void> {
  if (verb === '--help' || verb === '-h' || verb === 'help') return print(HELP);
  if (verb === '--version' || verb === '-v') return print(packageVersion());
  if (verb === undefined) throw new UsageError('No command was given.');
  if (verb.startsWith('-')) throw new UsageError(`The command comes first, not ${verb}.`);
  if (!Object.hasOwn(COMMANDS, verb)) throw new UsageError(`There is no command ${JSON.stringify(verb)}.`);
  await COMMANDS[verb]!(args);
}

// The user's connection pool may keep the process alive: it has nothing more to do.
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => process.exit(reportError(error)),
);
