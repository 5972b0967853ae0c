// Columns that several statements return.

/** What is claimed: `run_at_us` in microseconds since 1970. Without a payload: the emission is gone. */
export const CLAIMED = {
  id: 'text',
  emission_id: 'text',
  receiver_id: 'int',
  version: 'int',
  generation: 'int',
  epoch: 'int',
  attempt: 'int',
  crashes: 'int',
  payload: 'text?',
  headers: 'text?',
  emitted_at_ms: 'int?',
  run_at_us: 'int',
} as const;

/** What the first statement of a receiver's transaction sets, and returns: application_name and timeouts. */
export const SETTINGS = { application_name: 'text', statement_timeout: 'text', idle_timeout: 'text' } as const;
