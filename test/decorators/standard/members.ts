// Standard decorators on the members that only their syntax lets one decorate: private ones and auto-accessors. It is no
// part of the project's own compilation, which knows legacy decorators; ../modes.test.ts compiles and runs it.
import { z } from 'zod';
import { defineSignal, isSignalboxError, OnSignal, Transactional } from '../signalbox.ts';

const happened = defineSignal('standard.happened', z.object({}));

/** The types refuse an accessor; what runs without them must refuse it too. */
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
