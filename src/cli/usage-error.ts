// The error for an invalid command line. It ends the process with code 2, as in other commands.
import type { CommanderError } from 'commander';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** The code of {@link UsageError} in a document of `--json`. */
export const INVALID_LINE = 'CommandLineInvalid';

export class UsageError extends Error {
  /** The valid form, in a line or two. The program adds it, which knows the command. */
  usage = '';

  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** What commander complains of, as an error of ours. */
export function complaintOf({ code, message }: CommanderError, command: CommandUnknownOpts): UsageError {
  if (code === 'commander.help') return new UsageError(`${pathOf(command)} needs a command: ${namesOf(command)}.`);
  const [text, meant] = message.replace(/^error: /, '').split(/\n?\(Did you mean (?:one of )?/);
  const suggestion = meant === undefined ? '' : ` Did you mean ${meant.replace(/\?\)$/, '')}?`;
  return new UsageError(`${text![0]!.toUpperCase()}${text!.slice(1).replace(/\.$/, '')}.${suggestion}`);
}

const namesOf = (command: CommandUnknownOpts): string => command.commands.map((each) => each.name()).join(', ');

/** The words that lead to a command: `signalbox deliveries list`. */
export function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

export const usageOf = (command: CommandUnknownOpts): string =>
  `Usage: ${pathOf(command)} ${command.usage()}\nMore: ${pathOf(command)} --help`;
