// Standard decorators on members that only their syntax can decorate: private ones and auto-accessors. This file is not
// part of the project's own compilation, which uses legacy decorators; ../modes.system.test.ts compiles and runs it.
import { z } from 'zod';
import { defineSignal, isSignalboxError, OnSignal, Transactional } from '../signalbox.ts';

const happened = defineSignal('standard.happened', z.object({}));

/** The types refuse an accessor; the code must refuse it, too, for callers without types. */
type Anywhere = (value: unknown, context: DecoratorContext) => never;
const onSignal = (): Anywhere => OnSignal(happened) as unknown as Anywhere;

function refusal(define: () => unknown): string {
  try {
    define();
    return 'accepted';
  } catch (error) {
    return isSignalboxError(error) ? error.message : String(error);
  }
}

/** The messages of the errors, by name of the case. */
export function observe(): Record<string, string> {
  return {
    private: refusal(
      () =>
        class {
          @OnSignal(happened) async #hidden(): Promise<void> {}
        },
    ),
    staticPrivate: refusal(
      () =>
        class {
          @OnSignal(happened) static async #hidden(): Promise<void> {}
        },
    ),
    accessor: refusal(
      () =>
        class {
          @onSignal() accessor accessed = 1;
        },
    ),
    transactionalPrivate: refusal(
      () =>
        class {
          @Transactional() async #atomic(): Promise<void> {}
          call = (): Promise<void> => this.#atomic();
        },
    ),
  };
}
