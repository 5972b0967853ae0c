// Decorators without parentheses, in real syntax that both kinds share. The compiler refuses them, so they are applied
// under a looser type, as from JavaScript.
import { refusal } from './misplaced.ts';
import { OnSignal, Service, Transactional } from './signalbox.ts';

type Anything = (...args: unknown[]) => void;
const [onSignal, service, transactional] = [OnSignal, Service, Transactional] as unknown as [Anything, Anything, Anything];

/** The error for each. */
export function withoutParentheses(): Record<string, string> {
  return {
    method: refusal(() => {
      class Host {
        @onSignal
        async receive(): Promise<void> {}
      }
      return Host;
    }),
    staticMethod: refusal(() => {
      class Host {
        @onSignal
        static async receive(): Promise<void> {}
      }
      return Host;
    }),
    transactional: refusal(() => {
      class Host {
        @transactional
        async book(): Promise<void> {}
      }
      return Host;
    }),
    staticTransactional: refusal(() => {
      class Host {
        @transactional
        static async book(): Promise<void> {}
      }
      return Host;
    }),
    class: refusal(() => {
      @service
      class Host {}
      return Host;
    }),
    nameless: refusal(() => service(class {})),
  };
}
