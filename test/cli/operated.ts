// A project whose deliveries are in all states, for the verbs that look at them and act on them.
import { type CliProject, createCliProject } from './support.ts';

const SIGNALS = `
import { z } from 'zod';
import { defineSignal } from 'signalbox';
export const happened = defineSignal('cli.happened', z.object({ value: z.string(), person: z.object({ email: z.string() }), amount: z.number() }));
`;

/**
 * `Listener.receive` dies of what begins with `die`, until `MENDED` is set; the text of its error clears the screen of a terminal that
 * obeys it. In JavaScript, without a loader: its tests start many processes.
 */
const configuration = (options: string): string => `
import { createSignalbox, Unrecoverable } from 'signalbox';
import { db } from './database.js';
import { happened } from './signals.js';

const box = createSignalbox({ db, ${options} });
box.receivers.connect(
  happened,
  async function receive({ value }) {
    if (value.startsWith('die') && process.env.MENDED === undefined)
      throw new Unrecoverable('refused \\u001b[2J' + value, { cause: new TypeError('no s3cret-cause') });
  },
  { name: 'Listener.receive' },
);
box.receivers.connect(happened, async () => {}, { name: 'Mail.send', queue: 'mail', transactional: false });
export default box;
`;

/** Emits its arguments, one signal each, and prints the id of each emission. */
const EMIT = `
import './signalbox.config.mjs';
import { client, db } from './database.js';
import { happened } from './signals.js';
for (const value of process.argv.slice(2)) {
  const payload = { value, person: { email: value + '@example.com' }, amount: 12.5 };
  const receipt = await db.transaction((tx) => happened.emitReliable(tx, payload, { headers: { trace: 's3cret-header' } }));
  console.log(receipt.emissionId);
}
await client.end();
`;

export interface OperatedProject extends CliProject {
  /** Emits, and returns the ids of the emissions. */
  emitted(...values: string[]): Promise<string[]>;
  /** Runs what is due, in a worker that ends. */
  work(): Promise<void>;
  /** The answer of a line that ends with code 0 and complains of nothing. */
  answer(...words: string[]): Promise<string>;
  /** The same with `--json`, parsed. */
  document<T extends object>(...words: string[]): Promise<T>;
}

/** @param options of `createSignalbox`, beyond `db` */
export async function createOperatedProject(options = ''): Promise<OperatedProject> {
  const project = await createCliProject();
  await project.write('signals.js', SIGNALS);
  await project.write('emit.mjs', EMIT);
  await project.run('rm signalbox.config.ts services.ts emit.ts');
  await project.write('signalbox.config.mjs', configuration(options));
  const answer = async (...words: string[]): Promise<string> => {
    const command = project.start(...words);
    const exitCode = await command.exitCode;
    if (exitCode !== 0 || command.errors !== '') throw new Error(`signalbox ${words.join(' ')} ended with ${exitCode}:\n${command.output}`);
    return command.answer;
  };
  return {
    ...project,
    emitted: async (...values) => (await project.run(`node emit.mjs ${values.join(' ')}`, project.environment)).trim().split('\n'),
    work: async () => {
      const worker = project.start('worker', '--once');
      if ((await worker.exitCode) !== 0) throw new Error(worker.output);
    },
    answer,
    document: async <T extends object>(...words: string[]) => JSON.parse(await answer(...words, '--json')) as T,
  };
}
