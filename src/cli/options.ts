// Reads the options of a verb. The verb interprets them.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './help.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The values that parseArgs returns for the options `O`. */
export type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** An option of every verb. */
export const HELP_OPTION = { help: { type: 'boolean', short: 'h', default: false } } as const;

/** @param usage shown by the error @throws UsageError for an unknown option or an extra argument */
export function readOptions<const O extends Options>(args: readonly string[], options: O, usage: string): Values<O> {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, usage);
  }
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
