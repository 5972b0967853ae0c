// box.workers.health: for the probes of the platform that runs this process.

/** Whether a process can do its work. */
export interface Health {
  /** Whether the database answers, has the tables, and no worker of this process is failing. */
  readonly ok: boolean;
  /** The error of the database, if it cannot be used. */
  readonly database: { readonly ok: true } | { readonly ok: false; readonly error: unknown };
  /** The started workers of this process. */
  readonly workers: readonly WorkerHealth[];
}

/** The condition of a started worker. */
export interface WorkerHealth {
  /** Its id in `signalbox.worker`. */
  readonly id: number;
  /** Deliveries that run at this moment. */
  readonly running: number;
  /** Whether it is failing: the database does not answer, or receivers cannot be called. */
  readonly failing: boolean;
  /**
   * Receivers that threw `Unavailable` because a system that they call is down: the worker only probes them now and
   * then.
   */
  readonly paused: readonly string[];
}

/** Never rejects. @param check rejects if the database cannot be used */
export async function checkHealth(check: () => Promise<void>, workers: readonly WorkerHealth[]): Promise<Health> {
  let database: Health['database'] = { ok: true };
  try {
    await check();
  } catch (error) {
    database = { ok: false, error };
  }
  return { ok: database.ok && workers.every(({ failing }) => !failing), database, workers };
}
