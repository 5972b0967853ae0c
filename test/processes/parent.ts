// A program's channel to the test that started it. The program ends when the test ends.
const parent = process.ppid;
const LOOK_EVERY_MS = 100;

const endWithParent = (): never => process.exit(1);
process.on('disconnect', endWithParent);

/** For a program that ends by itself now. */
export function release(): void {
  process.off('disconnect', endWithParent);
  process.disconnect();
}

export function tell(message: string): void {
  process.send!(message);
}

/** Resolves when the test sends `message`. */
export function told(message: string): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (received) => {
      if (received === message) resolve();
    });
  });
}

/** Blocks the thread, which therefore cannot notice the end of the test by events, and has to poll. */
export function block(): never {
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
  process.exit(1);
}
