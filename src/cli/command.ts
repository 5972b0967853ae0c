// How a command is made: what all verbs have in common. Each verb declares its own arguments and options in its file.
import { Command as Plain, Help, type Option } from 'commander';
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';

const drop = (): void => {};

/** Options of every verb: its own come before them in its help. */
const COMMON = ['--config', '--json', '--help'];

/** The options that help shows, in its order. */
export const visibleOptions = (command: CommandUnknownOpts): Option[] =>
  new Help().visibleOptions(command as unknown as Plain).toSorted((a, b) => COMMON.indexOf(a.long!) - COMMON.indexOf(b.long!));

/** A command that throws its complaints instead of printing them, and that never ends the process. */
export function newCommand(name: string, about: string): Command {
  const command = new Plain(name)
    .description(about)
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .configureHelp({ visibleOptions: (of) => visibleOptions(of as unknown as CommandUnknownOpts) })
    .exitOverride()
    .configureOutput({ writeErr: drop, outputError: drop });
  return command as unknown as Command;
}

/** A command with the option that every verb has. @param about what `--help` says first */
export const newVerb = (name: string, about: string) =>
  newCommand(name, about).option('--json', 'print one JSON document, also for an error');

/** A verb that needs the box of the configuration. */
export const newBoxVerb = (name: string, about: string) =>
  newVerb(name, about).option('--config <file>', 'the configuration, if it is not in the current folder');

/** A command line and what it does. */
export type Example = readonly [line: string, meaning: string];

const examples = new WeakMap<object, readonly Example[]>();

/** Adds examples to the help of a verb, and to its section in the reference. */
export function addExamples(command: CommandUnknownOpts, lines: readonly Example[]): void {
  examples.set(command, lines);
  command.addHelpText('after', () => `\nExamples:\n${lines.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join('\n')}`);
}

export const examplesOf = (command: CommandUnknownOpts): readonly Example[] => examples.get(command) ?? [];
