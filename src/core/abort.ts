// The option of every call that waits and can be told to wait no longer. docs/design/waits.md says what each of them does then.
import type { OptionTable } from './options.ts';
import { abortSignal } from './rules.ts';

/** Options of a call that waits. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the signal's reason. */
  abortSignal?: AbortSignal;
}

export const WAIT_OPTIONS: OptionTable<WaitOptions> = { abortSignal };
