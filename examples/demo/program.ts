// Runs a TypeScript program of the demo in a process of its own, which can be killed, and which ends with the demo
// (leash.ts).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './wait.ts';

export interface Program {
  readonly pid: number;
  /** Resolves when the program has sent this message. @throws when the program ends before that, or takes too long */
  says(message: string): Promise<void>;
  /** Sends SIGKILL (kill -9): the program has no chance to clean up. */
  kill(): Promise<void>;
  /** Sends SIGTERM. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a file of this folder. */
export function startProgram(file: string, env: NodeJS.ProcessEnv, args: readonly string[] = []): Program {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    cwd: projectFolder,
    // This loader emits the types of constructor parameters, which injection reads.
    execArgv: ['--import', '@oxc-node/core/register'],
    env: { ...process.env, SIGNALBOX_LOG_LEVEL: process.env['SIGNALBOX_LOG_LEVEL'] ?? 'silent', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const said = new Set<unknown>();
  child.on('message', (message) => said.add(message));

  return {
    pid: child.pid!,
    async says(message) {
      await until(`${file} says "${message}"`, async () => {
        if (said.has(message)) return true;
        const end = child.signalCode ?? child.exitCode;
        if (end !== null) throw new Error(`${file} ended (${end}) before it said "${message}".`);
        return false;
      });
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}
