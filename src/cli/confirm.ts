// Asks before an act on many rows. Where no person can answer, only `--yes` lets it go on: a script must not hang at a
// question, and must not act unasked either.
import { UsageError } from './usage-error.ts';

export interface Asking {
  /** The question, as `Retry 12 deliveries?`. */
  readonly question: string;
  /** `--yes`. */
  readonly yes: boolean | undefined;
  /** `--json`: a program reads the answer. */
  readonly json: boolean | undefined;
}

/** The streams that a person sits at. Tests give others. */
export interface Streams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

const own: Streams = { input: process.stdin, output: process.stderr };

/** Whether a person can be asked. A run of CI may have a terminal, and nobody at it. */
export const isPerson = ({ input, output }: Streams = own): boolean => input.isTTY && output.isTTY && !process.env['CI'];

/** Whether the act is wanted. @throws UsageError where nobody can be asked and `--yes` is missing */
export async function confirmed({ question, yes, json }: Asking, streams: Streams = own): Promise<boolean> {
  if (yes) return true;
  if (json || !isPerson(streams)) throw new UsageError(`Nothing was done. ${question} Nobody can be asked here: add --yes.`);
  const { confirm } = await import('@clack/prompts');
  // No is the default, and Ctrl-C is no.
  return (await confirm({ message: question, initialValue: false, withGuide: false, ...streams })) === true;
}
