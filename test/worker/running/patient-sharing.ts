// For `vi.mock`: shared transactions whose time is never up.
/** The module that decides how many share a transaction, on a machine however slow: a busy one would let none. */
export const patient = (original: typeof import('../../../src/worker/running/sharing.ts')): typeof original => ({
  ...original,
  Sharing: class extends original.Sharing {
    constructor(byDefault?: number) {
      super(byDefault, 60_000);
    }
  },
});
