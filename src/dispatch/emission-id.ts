// The ids of emissions: UUIDs of version 7, which rise within a process, so that their indexes grow at one end. The
// randomness comes from a pool: the library asks the system for 16 bytes at a time, which took nearly half of Node's
// time for each emission of a bulk emit.
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES = 16;
const pool = new Uint8Array(256 * BYTES);
let used = pool.length;
let msecs = -Infinity;
let sequence = 0;

function randomBytes(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.subarray(used, (used += BYTES));
}

/** A new id. It is greater than all earlier ones, even if the clock goes back. */
export function emissionId(now = Date.now()): string {
  const random = randomBytes();
  if (now > msecs) {
    msecs = now;
    // From the lower half, so that there are enough ids above it.
    sequence = ((random[6]! & 0x3f) << 24) | (random[7]! << 16) | (random[8]! << 8) | random[9]!;
  } else sequence += 1;
  return v7({ random, msecs, seq: sequence });
}
