// graphile-worker with the settings that its documentation recommends for throughput: a local queue, completions in
// batches, several jobs at once. Its SQL functions add jobs in the sender's transaction: add_job for one receiver,
// add_jobs for several.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { openPool, purchase, runScript, writeEffect } from './pg.ts';
import { DOMAIN, type Payload, type RunningWorker, type Sender, type System, type Topic, TOPICS } from './system.ts';

const ADD_ONE = `select id from graphile_worker.add_job($1::text, payload => $2::json)`;
const ADD_MANY = `
select id from graphile_worker.add_jobs(array(select json_populate_recordset(null::graphile_worker.job_spec, $1::json)))`;

const NOOP_CONCURRENCY = 24;
const ONCE_CONCURRENCY = 8;
const LOCAL_QUEUE = 500;
const silent = new Logger(() => () => {});

const tasksOf = (topic: Topic): string[] => Array.from({ length: TOPICS[topic] }, (_, index) => `${topic}_${index}`);

export const system: System = {
  setUp: async (url) => {
    const utils = await makeWorkerUtils({ connectionString: url, logger: silent });
    await utils.migrate();
    await utils.release();
    await runScript(url, DOMAIN);
  },

  sender: async (url, connections): Promise<Sender> => {
    const pool = openPool(url, connections);
    const add = async (client: { query(query: object): Promise<unknown> }, topic: Topic, payloads: readonly Payload[]): Promise<void> => {
      const jobs = payloads.flatMap((payload) => tasksOf(topic).map((identifier) => ({ identifier, payload })));
      const [first] = jobs;
      await (jobs.length === 1
        ? client.query({ name: 'add_job', text: ADD_ONE, values: [first!.identifier, JSON.stringify(first!.payload)] })
        : client.query({ name: 'add_jobs', text: ADD_MANY, values: [JSON.stringify(jobs)] }));
    };
    return {
      emit: (topic, payload) => purchase(pool, payload.value, (client) => add(client, topic, [payload])),
      emitMany: (topic, payloads) => purchase(pool, payloads.length, (client) => add(client, topic, payloads)),
      close: () => pool.end(),
    };
  },

  worker: async (url, setup): Promise<RunningWorker> => {
    const { work, onRun, settings = {} } = setup;
    const concurrency = settings.concurrency ?? (work === 'noop' ? NOOP_CONCURRENCY : ONCE_CONCURRENCY);
    const tuned = {
      concurrentJobs: concurrency,
      maxPoolSize: Math.max(10, concurrency + 2),
      localQueue: { size: setup.hold ?? settings.ahead ?? LOCAL_QUEUE },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    };
    const runner = await run({
      preset: { worker: { connectionString: url, logger: silent, ...(!settings.installed && tuned) } },
      noHandleSignals: true,
      parsedCronItems: [],
      taskList: {
        ...Object.fromEntries(Array.from({ length: (setup.receivers ?? 1) - 1 }, (_, index) => [`idle_${index}`, () => {}])),
        [`${work}_0`]: async (payload, helpers) => {
          await onRun(payload as Payload);
          if (work !== 'noop') await helpers.withPgClient((client) => writeEffect(client, (payload as Payload).value));
        },
      },
    });
    return { stop: () => runner.stop() };
  },
};
