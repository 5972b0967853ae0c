// Ties a child process to the demo: it ends when the demo does, however that ends, for then its IPC channel closes.

export interface Leash {
  tell(message: string): void;
  /** For a process that ends by itself now. */
  release(): void;
}

/** Call it first. */
export function dieWithParent(): Leash {
  const die = (): never => process.exit(1);
  process.on('disconnect', die);
  // The demo may have gone while this process was still loading its code.
  if (!process.connected) die();
  return {
    tell: (message) => void process.send!(message),
    release() {
      process.off('disconnect', die);
      process.disconnect();
    },
  };
}
