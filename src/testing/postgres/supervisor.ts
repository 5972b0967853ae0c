// The starter's side of supervisor.mjs: a run folder that exists until it is closed or this process ends, and one
// program at a time running in it. launch.ts decides the content of the folder and the programs.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServerUser } from './user.ts';

export interface Command {
  file: string;
  args: string[];
  env: Record<string, string>;
  user: ServerUser | undefined;
  /** The file for the program's output, both streams. */
  log: string;
  /** The signal that the program gets when the folder is closed. */
  stopSignal: 'SIGKILL' | 'SIGQUIT';
}

export interface SupervisedProgram {
  pid: number;
  /** The exit code, or the signal that ended it. */
  exited: Promise<number | string>;
}

export interface Supervisor {
  folder: string;
  run(command: Command): Promise<SupervisedProgram>;
  /** Listens at this address for processes that share the program. Returns false if another supervisor does. */
  share(sharing: Sharing): Promise<boolean>;
  /** Tells those that share it, and each that comes later. From now on it outlives this process, until none has been there for a while. */
  tell(url: string): void;
  /** Whether the supervisor keeps this process alive. By default it does. */
  holdProcess(hold: 'yes' | 'no'): void;
  /** Resolves when the program has ended and the folder is deleted. */
  close(): Promise<void>;
}

export interface Sharing {
  /** Of a local socket. */
  readonly address: string;
  /** The time that it stays when no process shares it any more. */
  readonly lingerMs: number;
}

type Report =
  | { type: 'created' }
  | { type: 'listens' }
  | { type: 'taken' }
  | { type: 'started'; pid: number }
  | { type: 'exited'; status: number | string }
  | { type: 'error'; message: string };

type SupervisorProcess = ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };

export async function superviseFolder(parent: string): Promise<Supervisor> {
  const folder = join(parent, `signalbox-postgres-${randomBytes(8).toString('hex')}`);
  const child = startSupervisor(folder);
  const reports = readReports(child);
  const ended = once(child, 'exit');
  let closing: Promise<void> | undefined;

  const supervisor: Supervisor = {
    folder,
    async run(command) {
      const started = once(reports, 'started');
      const exited = once(reports, 'exited').then(([report]) => (report as { status: number | string }).status);
      exited.catch(() => {});
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const [report] = (await started) as [{ pid: number }];
      return { pid: report.pid, exited };
    },
    async share(sharing) {
      const answered = Promise.race([once(reports, 'listens').then(() => true), once(reports, 'taken').then(() => false)]);
      child.stdin.write(`${JSON.stringify({ share: sharing })}\n`);
      return answered;
    },
    tell: (url) => void child.stdin.write(`${JSON.stringify({ tell: { url } })}\n`),
    holdProcess(hold) {
      for (const handle of [child, child.stdin, child.stdout, child.stderr] as unknown as ReferencedHandle[]) {
        if (hold === 'yes') handle.ref();
        else handle.unref();
      }
    },
    close() {
      closing ??= closeSupervisor(supervisor, child, ended);
      return closing;
    },
  };

  await once(reports, 'created');
  return supervisor;
}

interface ReferencedHandle {
  ref(): void;
  unref(): void;
}

/** Not the starter's environment: NODE_OPTIONS may name loaders that cannot be found from the root folder. */
function startSupervisor(folder: string): SupervisorProcess {
  const file = fileURLToPath(new URL('./supervisor.mjs', import.meta.url));
  const { PATH = '', SystemRoot = '' } = process.env;
  return spawn(process.execPath, [file, folder], {
    cwd: '/',
    env: { PATH, SystemRoot },
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Emits each report by its type; the end of the supervisor is an `error`, which rejects a wait with `once`. */
function readReports(child: SupervisorProcess): EventEmitter {
  const reports = new EventEmitter();
  let complaints = '';
  reports.on('error', () => {});
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => (complaints = `${complaints}${chunk.toString()}`.slice(-4_000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Report;
    reports.emit(report.type, report.type === 'error' ? new Error(report.message) : report);
  });
  child.on('error', (error) => reports.emit('error', error));
  child.on('close', (code, signal) => {
    reports.emit('error', new Error(`The PostgreSQL supervisor ended (${signal ?? code}). ${complaints}`));
  });
  return reports;
}

async function closeSupervisor(supervisor: Supervisor, child: SupervisorProcess, ended: Promise<unknown[]>): Promise<void> {
  supervisor.holdProcess('yes');
  child.stdin.end();
  const [code, signal] = (await ended) as [number | null, string | null];
  if (code === 0) return;
  throw new Error(
    `The PostgreSQL supervisor (pid ${child.pid}) ended with ${signal ?? code} before it could clean up: ` +
      `stop the server that uses ${supervisor.folder} and delete that folder.`,
  );
}
