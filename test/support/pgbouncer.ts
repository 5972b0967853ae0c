// Starts a PgBouncer in transaction mode in front of a PostgreSQL server, if one is installed: on a free loopback port,
// as an unprivileged user, with its own configuration. The supervisor ends it with this process.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort, serverEnvironment } from '../../src/testing/postgres/cluster.ts';
import { chooseParentFolder } from '../../src/testing/postgres/folders.ts';
import { superviseFolder, type SupervisedProgram } from '../../src/testing/postgres/supervisor.ts';
import { chooseServerUser } from '../../src/testing/postgres/user.ts';

const START_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 10;

export interface PgBouncerOptions {
  /** Settings of the section `pgbouncer`, besides those in this file. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RunningPgBouncer extends AsyncDisposable {
  /** The server's URL, through PgBouncer. */
  readonly url: string;
  readonly port: number;
  /** The pid, which changes with a restart. */
  readonly pid: number;
  /** kill -9: every connection through it is cut. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/** The program, if it is installed. Debian installs it in a folder that is only in root's PATH. */
const program = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find((file) => existsSync(file));

/** Its version, or undefined where it is not installed. */
export const pgBouncerVersion = program && /PgBouncer (\S+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1];

/** @param serverUrl with the password: clients of PgBouncer need the same one */
export async function launchPgBouncer(serverUrl: string, { settings = {} }: PgBouncerOptions = {}): Promise<RunningPgBouncer> {
  if (program === undefined) throw new Error('PgBouncer is not installed.');
  const server = new URL(serverUrl);
  const user = chooseServerUser();
  const supervisor = await superviseFolder(await chooseParentFolder(user));
  const port = await findFreePort();
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(supervisor.folder, name);
    await writeFile(file, text, { mode: 0o600 });
    if (user) await chown(file, user.uid, user.gid);
    return file;
  };
  const quoted = (text: string): string => `"${decodeURIComponent(text).replaceAll('"', '""')}"`;
  const users = await write('users.txt', `${quoted(server.username)} ${quoted(server.password)}\n`);
  const section = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: 'transaction',
    max_client_conn: '500',
    default_pool_size: '40',
    ...settings,
  });
  const configuration = await write(
    'pgbouncer.ini',
    `[databases]\n* = host=${server.hostname} port=${server.port || 5432}\n[pgbouncer]\n${section.map(([name, value]) => `${name} = ${value}\n`).join('')}`,
  );
  const start = async (): Promise<SupervisedProgram> => {
    supervisor.holdProcess('yes');
    const log = join(supervisor.folder, 'pgbouncer.log');
    const started = await supervisor.run({
      file: program,
      args: [configuration],
      env: serverEnvironment(),
      user,
      log,
      stopSignal: 'SIGKILL',
    });
    let ended: number | string | undefined;
    void started.exited.then(
      (status) => (ended = status),
      () => (ended = 'its supervisor'),
    );
    for (let waited = 0; !(await isListening(port)); waited += LOOK_EVERY_MS) {
      if (ended !== undefined || waited > START_LIMIT_MS)
        throw new Error(
          `PgBouncer ${ended === undefined ? 'is not ready in time' : `ended with ${ended}`}.\n${await readFile(log, 'utf8')}`,
        );
      await pause(LOOK_EVERY_MS);
    }
    supervisor.holdProcess('no');
    return started;
  };
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  try {
    let running = await start();
    return {
      url: url.href,
      port,
      get pid() {
        return running.pid;
      },
      kill: async () => {
        process.kill(running.pid, 'SIGKILL');
        await running.exited;
      },
      start: async () => {
        running = await start();
      },
      [Symbol.asyncDispose]: () => supervisor.close(),
    };
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
