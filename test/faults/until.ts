// Waits for the effect of a scenario. It polls less often than other tests do, because many scenarios run at once.
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 60;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not come about that ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}
