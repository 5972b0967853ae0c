// box.workers.health: for the probes of the platform that runs this process.

/** Whether a process can do its work. */
export interface Health {
  /** Whether the database answers, has the tables, and no worker of this process is failing. */
  readonly ok: boolean;
  /** What is wrong with the database, if anything. */
  readonly database: { readonly ok: true } | { readonly ok: false; readonly error: unknown };
  /** The started workers of this process. */
  readonly workers: readonly WorkerHealth[];
}

/** How a started worker is. */
export interface WorkerHealth {
  /** Its id in `signalbox.worker`. */
  readonly id: number;
  /** Deliveries that run at this moment. */
  readonly running: number;
  /** Its last look at the database did not succeed. */
  readonly failing: boolean;
  /** Receivers that it calls for one delivery at a time now and then, because what they call is away: they threw `Unavailable`. */
  readonly paused: readonly string[];
}

/** Never rejects. @param check what fails if the database cannot be worked with */
export async function checkHealth(check: () => Promise<void>, workers: readonly WorkerHealth[]): Promise<Health> {
  let database: Health['database'] = { ok: true };
  try {
    await check();
  } catch (error) {
    database = { ok: false, error };
  }
  return { ok: database.ok && workers.every(({ failing }) => !failing), database, workers };
}
