// A worker in a child process, which reports the files that it loads and ends on request. This file has both sides.
//
// It reports files by the protocol of `node --watch`: with WATCH_REPORT_DEPENDENCIES set, Node's loaders send each
// file to the parent before they read it, whatever hooks compile it.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPORT = 'WATCH_REPORT_DEPENDENCIES';

/** This package's own code. */
const OWN_FILES = fileURLToPath(new URL('../..', import.meta.url));

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  #asked = 0;

  /** @param args of this program @param onLoad called with each file of the user that the child loads */
  constructor(args: readonly string[], onLoad: (file: string) => void) {
    this.#process = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [REPORT]: '1' },
      // Ctrl-C reaches only the parent, which then asks the child once, not twice.
      detached: process.platform !== 'win32',
    });
    this.#process.on('message', (message) => {
      for (const file of filesOf(message)) if (isOfUser(file)) onLoad(file);
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.on('exit', (code, signal) => resolve({ code, signal }));
      this.#process.on('error', reject);
    });
  }

  /**
   * Ensures that the child was asked to end `times` in all: the first time lets receivers finish, the second interrupts
   * them.
   */
  ask(times: 1 | 2): void {
    for (; this.#asked < times; this.#asked++) this.#process.kill('SIGTERM');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** In a child: ends, as if asked to, when its parent is gone. Otherwise it would go on with old code for ever. */
export function endWithParent(): void {
  if (!process.env[REPORT] || !process.send) return;
  const end = (): void => void process.kill(process.pid, 'SIGTERM');
  if (process.connected) process.once('disconnect', end);
  else end();
}

function filesOf(message: unknown): string[] {
  if (typeof message !== 'object' || message === null) return [];
  const { 'watch:import': imported, 'watch:require': required } = message as Record<string, unknown>;
  return [imported, required].flatMap((names) => (Array.isArray(names) ? (names as unknown[]).flatMap(fileOf) : []));
}

/** ES modules are reported as URLs, CommonJS ones as paths. Names that are no files are dropped. */
function fileOf(name: unknown): string[] {
  if (typeof name !== 'string') return [];
  if (name.startsWith('file:')) return [fileURLToPath(new URL(name))];
  return path.isAbsolute(name) ? [name] : [];
}

const isOfUser = (file: string): boolean => !file.startsWith(OWN_FILES) && !file.split(path.sep).includes('node_modules');
