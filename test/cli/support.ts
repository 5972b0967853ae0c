// Projects and processes for the tests of the command line.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createProject, type Project } from '../support/project.ts';
import { installCopy } from './installed.ts';

const TSCONFIG = { compilerOptions: { target: 'ES2022', module: 'NodeNext', experimentalDecorators: true, emitDecoratorMetadata: true } };

const DATABASE = `
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
export const client = postgres(process.env.DATABASE_URL, { max: 5, fetch_types: false, onnotice() {} });
export const db = drizzle({ client });
`;

const SIGNALS = `
import { z } from 'zod';
import { defineSignal } from 'signalbox';
export const happened = defineSignal('cli.happened', z.object({ value: z.string() }));
`;

/** A receiver whose dependency is known by metadata only, so that a loader that drops the types cannot pass. */
const SERVICES = `
import { sql } from 'drizzle-orm';
import { Db, OnSignal, Service } from 'signalbox';
import { happened } from './signals.js';

@Service()
export class Clock {
  async wait(db: Db) {
    await db.execute(sql\`insert into effect values ('started', 1)\`);
    await db.execute(sql\`select pg_advisory_xact_lock(7)\`);
  }
}

@Service()
export class Listener {
  constructor(private readonly db: Db, private readonly clock: Clock) {}

  @OnSignal(happened)
  async receive({ value }: { value: string }) {
    if (value === 'wait') await this.clock.wait(this.db);
    if (value === 'fail') throw new Error('refused');
    if (value.startsWith('violate')) await this.db.execute(sql\`insert into effect values (\${value}, null)\`);
    if (value.startsWith('throw')) throw { value };
    await this.db.execute(sql\`insert into effect values (\${value}, 1)\`);
  }
}

@Service()
export class Mail {
  @OnSignal(happened, { queue: 'mail' })
  async send() {}
}
`;

const CONFIG = `
import 'reflect-metadata';
import { createSignalbox } from 'signalbox';
import { db } from './database.js';
import { Clock, Listener, Mail } from './services.ts';
export default createSignalbox({ db, services: [Clock, Listener, Mail] });
`;

/** Emits its arguments, one signal each. */
const EMIT = `
import './signalbox.config.ts';
import { client, db } from './database.js';
import { happened } from './signals.js';
await db.transaction(async (tx) => {
  for (const value of process.argv.slice(2)) await happened.emitReliable(tx, { value });
});
await client.end();
`;

export interface CliProject extends Project {
  readonly database: TestDatabase;
  readonly environment: Record<string, string>;
  emit(...values: string[]): Promise<void>;
  /** Runs `signalbox` in the project's folder. */
  start(...args: string[]): CliProcess;
  /** Runs `signalbox` at a pseudo terminal, which `type` types at. Standard output and standard error are one there. */
  startAtTerminal(...args: string[]): CliProcess;
  /** Runs Node in the project's folder. */
  node(...args: string[]): CliProcess;
}

interface CliProjectOptions {
  /** Packages that are not installed. */
  without?: readonly string[];
  /** The project's Signalbox is not the one that runs the command. */
  copy?: boolean;
  /** False: its database is empty. */
  migrated?: boolean;
}

export async function createCliProject({ migrated = true, ...options }: CliProjectOptions = {}): Promise<CliProject> {
  const database = await createDatabase({ migrated });
  const project = await createProject(options);
  if (options.copy) await installCopy(project.folder);
  const environment = { DATABASE_URL: database.url };
  const files = { 'tsconfig.json': JSON.stringify(TSCONFIG), 'database.js': DATABASE, 'signals.js': SIGNALS, 'services.ts': SERVICES };
  for (const [file, text] of Object.entries({ ...files, 'signalbox.config.ts': CONFIG, 'emit.ts': EMIT })) await project.write(file, text);
  const processes: CliProcess[] = [];
  const launch = (args: readonly string[], program?: string): CliProcess => {
    const started = new CliProcess(project.folder, args, environment, program);
    processes.push(started);
    return started;
  };
  return {
    ...project,
    database,
    environment,
    emit: async (...values) => void (await project.run(`node --import @oxc-node/core/register emit.ts ${values.join(' ')}`, environment)),
    start: (...args) => launch([path.join(project.folder, 'node_modules/.bin/signalbox'), ...args]),
    startAtTerminal: (...args) => {
      const line = [process.execPath, path.join(project.folder, 'node_modules/.bin/signalbox'), ...args].map(quoted).join(' ');
      return launch(['-qefc', `stty cols 150 rows 50; export CI=; exec ${line}`, '/dev/null'], 'script');
    },
    node: (...args) => launch(args),
    [Symbol.asyncDispose]: async () => {
      for (const { child } of processes) child.kill('SIGKILL');
      await Promise.all(processes.map(({ exitCode }) => exitCode));
      await project[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Whether there is what makes pseudo terminals: `script` of util-linux. */
export const hasTerminals = String(spawnSync('script', ['--version']).stdout).includes('util-linux');

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A running program of the project. */
export class CliProcess {
  readonly child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  /** What it wrote, to either stream. */
  output = '';
  /** What it wrote to standard output. */
  answer = '';
  /** What it wrote to standard error. */
  errors = '';
  readonly #onOutput = new Set<() => void>();

  /** @param program that takes the arguments; Node without one */
  constructor(folder: string, args: readonly string[], environment: Record<string, string>, program = process.execPath) {
    this.child = spawn(program, args, { cwd: folder, env: { ...process.env, ...environment } });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        if (stream === this.child.stderr) this.errors += chunk.toString();
        else this.answer += chunk.toString();
        for (const look of this.#onOutput) look();
      });
    this.exitCode = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Types at the terminal of a program that was started at one. */
  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** The one document that it printed with `--json`. */
  get document(): unknown {
    const lines = this.answer.split('\n');
    if (lines.length !== 2 || lines[1] !== '') throw new Error(`It is not one line:\n${this.output}`);
    return JSON.parse(lines[0]!);
  }

  /** Resolves when the output contains `text`; rejects when the process ends without. */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.output.includes(text)) resolve();
      };
      this.#onOutput.add(look);
      look();
    });
    await Promise.race([said, this.exitCode]);
    if (!this.output.includes(text))
      throw new Error(`It exited with ${await this.exitCode}, without saying ${JSON.stringify(text)}:\n${this.output}`);
  }
}
