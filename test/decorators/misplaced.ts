// Decorators in places where they cannot work, in real syntax that both kinds of decorators share: fields, accessors,
// classes. The compiler refuses them all, so they are applied under a looser type, as from JavaScript.
import { defineSignal, isSignalboxError, OnSignal, Service, Transactional } from './signalbox.ts';
import { z } from 'zod';

type Anywhere = (...args: unknown[]) => void;
type Placing = (decorate: Anywhere) => unknown;

const PLACES = {
  field: (decorate) => {
    class Host {
      @decorate
      place = async (): Promise<void> => {};
    }
    return Host;
  },
  staticField: (decorate) => {
    class Host {
      @decorate
      static place = async (): Promise<void> => {};
    }
    return Host;
  },
  getter: (decorate) => {
    class Host {
      @decorate
      get place(): () => Promise<void> {
        return async () => {};
      }
    }
    return Host;
  },
  staticGetter: (decorate) => {
    class Host {
      @decorate
      static get place(): () => Promise<void> {
        return async () => {};
      }
    }
    return Host;
  },
  setter: (decorate) => {
    class Host {
      @decorate
      set place(_value: () => Promise<void>) {}
    }
    return Host;
  },
  class: (decorate) => {
    @decorate
    class Host {}
    return Host;
  },
  method: (decorate) => {
    class Host {
      @decorate
      async place(): Promise<void> {}
    }
    return Host;
  },
  staticMethod: (decorate) => {
    class Host {
      @decorate
      static async place(): Promise<void> {}
    }
    return Host;
  },
} satisfies Record<string, Placing>;

/** Returns the code and the text of the error that `act` throws. */
export function refusal(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return isSignalboxError(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

const everywhere = (decorate: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries<Placing>(PLACES).map(([place, put]) => [place, refusal(() => put(decorate as Anywhere))]));

/** The result of each decorator in each place. */
export function misplaced(): Record<string, Record<string, string>> {
  return {
    OnSignal: everywhere(OnSignal(defineSignal('misplaced.happened', z.object({})))),
    Transactional: everywhere(Transactional()),
    Service: everywhere(Service()),
  };
}
