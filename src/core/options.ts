// Options by name: a word that means nothing is a mistake, which JavaScript and casts let through.
import { SignalboxError } from '../errors.ts';

/** @throws SignalboxError `InvalidOption`, naming `subject` and the options that there are */
export function checkOptions(given: object, known: Readonly<Record<string, true>>, subject: string): void {
  const unknown = Object.keys(given).filter((option) => !Object.hasOwn(known, option));
  if (unknown.length > 0)
    throw new SignalboxError(
      'InvalidOption',
      `${subject}: there is no option ${unknown.join(', ')}. The options are ${Object.keys(known).join(', ')}.`,
    );
}
