#!/usr/bin/env node
// The command `signalbox`: runs the verb, reports errors, and ends the process with an exit code.
import { packageVersion } from '../version.ts';
import { announceCommand } from './verbs/announce.ts';
import { migrateCommand } from './verbs/migrate.ts';
import { print } from './options.ts';
import { reportError } from './print-error.ts';
import { tuningCommand } from './verbs/tuning.ts';
import { HELP, UsageError } from './help.ts';
import { workerCommand } from './verbs/worker.ts';

/** The function of each verb. */
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

// Ends explicitly: the user's connection pool may keep the process alive.
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => process.exit(reportError(error)),
);
