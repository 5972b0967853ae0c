// The value of `--port`.
import { UsageError } from './usage-error.ts';

/** @throws UsageError */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port is ${JSON.stringify(text)}; give a whole number from 0 to 65535, 0 for one that is free.`);
}
