// The harness' side of a child process. Children end with the harness, and at the latest when their row has ended.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallName, Calls, Request, Response, Result } from './protocol.ts';
import type { SystemName } from './systems/system.ts';

const program = fileURLToPath(new URL('child.ts', import.meta.url));

export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(system: SystemName) {
    this.#process = fork(program, [system], {
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#process.on('message', ({ id, result, error }: Response) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result as never);
      else waiting?.reject(new Error(`${system}: ${error}`));
    });
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${system} ended with ${signal ?? code}.`));
      this.#waiting.clear();
    });
  }

  call<Name extends CallName>(name: Name, ...args: Parameters<Calls[Name]>): Promise<Result<Name>> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, name, args } satisfies Request);
    });
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
