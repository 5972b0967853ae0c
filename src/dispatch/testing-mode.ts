// The mode of a box in tests: what its emissions lead to. The box has one, and a block of a test may have another (withMode): it is in the async
// context, so blocks that run side by side have each their own. Receivers run outside the application's contexts, so what runs
// them hands the mode on (inMode). A box without `testing` has no mode, and asks for none. The state is one for all copies of this package.
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The handling of emissions in tests: their deliveries run right after the commit that stored them, or only in `drain` and `tick`, or
 * nothing is stored.
 */
export type Testing = 'immediate' | 'manual' | 'capture';

const KEY = Symbol.for('signalbox.testing-mode.v1');
const holder = globalThis as { [KEY]?: AsyncLocalStorage<Testing> };
const storage = (): AsyncLocalStorage<Testing> => (holder[KEY] ??= new AsyncLocalStorage());

/** Runs `work` in this mode. */
export const inMode = <T>(mode: Testing, work: () => T): T => storage().run(mode, work);

/** The mode of a box that has `testing`. */
export class TestingMode {
  readonly #own: Testing;

  constructor(own: Testing) {
    this.#own = own;
  }

  /** That of the block, or the box's own. */
  get now(): Testing {
    return storage().getStore() ?? this.#own;
  }
}
