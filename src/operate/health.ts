// box.health: for the probes of whoever runs this process.
import type { Store } from '../store/store.ts';

export interface Health {
  /** Whether the database answers, has the tables, and no worker of this process is failing. */
  readonly ok: boolean;
  /** What is wrong with the database, if anything. */
  readonly database: { readonly ok: true } | { readonly ok: false; readonly error: unknown };
  /** The started workers of this process. */
  readonly workers: readonly WorkerHealth[];
}

export interface WorkerHealth {
  readonly id: number;
  readonly running: number;
  /** Its last look at the database did not succeed. */
  readonly failing: boolean;
}

/** Never rejects. */
export async function checkHealth(store: Store, workers: readonly WorkerHealth[]): Promise<Health> {
  let database: Health['database'] = { ok: true };
  try {
    await store.check();
  } catch (error) {
    database = { ok: false, error };
  }
  return { ok: database.ok && workers.every(({ failing }) => !failing), database, workers };
}
