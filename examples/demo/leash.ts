// Ties a child process to the demo: the child ends when the demo ends, for whatever reason, because the IPC channel
// between them closes then.

export interface Leash {
  tell(message: string): void;
  /** Unties a process that is about to end by itself. */
  release(): void;
}

/** Ends this process when its parent ends. Call this first. */
export function dieWithParent(): Leash {
  const die = (): never => process.exit(1);
  process.on('disconnect', die);
  // The demo may have ended while this process was still loading its code.
  if (!process.connected) die();
  return {
    tell: (message) => void process.send!(message),
    release() {
      process.off('disconnect', die);
      process.disconnect();
    },
  };
}
