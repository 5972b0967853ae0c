// Reads the options of a verb. What they mean is the verb's.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './help.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What parseArgs makes of the options `O`. */
export type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** Understood by every verb. */
export const HELP_OPTION = { help: { type: 'boolean', short: 'h', default: false } } as const;

/** @param usage what the error shows @throws UsageError for an unknown option or an argument too many */
export function readOptions<const O extends Options>(args: readonly string[], options: O, usage: string): Values<O> {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, usage);
  }
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
