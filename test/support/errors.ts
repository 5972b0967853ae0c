// Reading errors in tests.

/** The code at the root of an error: Drizzle wraps what its client throws. */
export function rootCode(error: unknown): unknown {
  return error instanceof Error && error.cause ? rootCode(error.cause) : (error as { code?: unknown }).code;
}
