// Does the faults. Each returns what it hit, or `undefined` when there was nothing to hit.
import type { Child } from './child.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { Fleet } from './fleet.ts';

/** What was done, and to whom. */
export interface Done {
  readonly kind: FaultKind;
  /** Milliseconds of the epoch. */
  readonly at: number;
  /** Processes whose deliveries are in danger. */
  readonly pids: readonly number[];
}

export interface Scene {
  readonly fleet: Fleet;
}

export async function inject(fault: Fault, scene: Scene): Promise<Done | undefined> {
  const at = Date.now();
  const hit = await ACTIONS[fault.kind](scene, fault);
  return hit && hit.length > 0 ? { kind: fault.kind, at, pids: hit.map(({ pid }) => pid) } : undefined;
}

type Action = (scene: Scene, fault: Fault) => Promise<readonly Child[]>;

const ACTIONS: Record<FaultKind, Action> = {
  kill: async ({ fleet }, fault) => {
    const victim = oneOf(fleet.sound(), fault);
    victim?.kill();
    return victim ? [victim] : [];
  },
};

function oneOf(children: readonly Child[], { target }: Fault): Child | undefined {
  return children[Math.floor(target * children.length)];
}
