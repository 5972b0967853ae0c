// The command line as a whole: finds the verb, loads its file alone, and lets commander parse the rest of the line.
import { CommanderError } from 'commander';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { packageVersion } from '../version.ts';
import { newCommand } from './command.ts';
import { complaintOf, UsageError, usageOf } from './usage-error.ts';
import { VERBS } from './verbs.ts';

/** Runs a command line. @throws UsageError for an invalid one; what the verb throws */
export async function run([first, ...rest]: readonly string[]): Promise<void> {
  const words = first === 'help' ? [...rest, '--help'] : first === undefined ? [] : [first, ...rest];
  const program = await makeProgram((name) => name === words[0]);
  try {
    await parse(program, words);
  } catch (error) {
    if (error instanceof UsageError) error.usage = usageOf(addressed(program, words));
    throw error;
  }
}

/** @param loads whether to load the file of a verb: without it, the verb has its name and its summary only */
export async function makeProgram(loads: (name: string) => boolean): Promise<CommandUnknownOpts> {
  const program = newCommand('signalbox', 'Reliable signals for Drizzle ORM on PostgreSQL.')
    .usage('<command> [options]')
    .version(packageVersion(), '-v, --version', 'print the version') as CommandUnknownOpts;
  for (const { name, group, summary, load } of VERBS) {
    const command: CommandUnknownOpts = loads(name) ? await load() : newCommand(name, summary);
    program.addCommand(command.summary(summary).helpGroup(`${group}:`));
  }
  return program.addHelpText('after', '\nsignalbox <command> --help shows the options of a command.');
}

async function parse(program: CommandUnknownOpts, words: readonly string[]): Promise<void> {
  const [first] = words;
  if (first === undefined) throw new UsageError('No command was given.');
  if (first.startsWith('-') && !ALONE.includes(first)) throw new UsageError(`The command comes first, not ${first}.`);
  // Of an unknown command, the rest says nothing: `wroker --help` is no request for the help of something else.
  const known = ALONE.includes(first) || program.commands.some((command) => command.name() === first);
  try {
    await program.parseAsync(known ? [...words] : [first], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw complaintOf(error, addressed(program, words));
  }
}

const ALONE: readonly string[] = ['--help', '-h', '--version', '-v'];

/** The command that the first words of a line lead to. */
function addressed(program: CommandUnknownOpts, words: readonly string[]): CommandUnknownOpts {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}
