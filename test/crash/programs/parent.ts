// A program's line to the test that started it. It ends when the test does.
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
