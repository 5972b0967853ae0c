// A program's line to the test that started it. It ends when the test does.
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

/** Keeps the thread from doing anything else, and so from noticing the end of the test: it has to look. */
export function block(): never {
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
  process.exit(1);
}
