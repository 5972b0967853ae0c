// Times that the programs and the faults must agree on.

/** Of every worker. */
export const LEASE_MS = 2_000;
