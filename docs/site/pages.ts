// Which pages the documentation has, in the order of the sidebar, each with the line that introduces it. The site and
// llms.txt are made from this list; a page of docs/ that is not on it fails the tests and the build.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rewriteLinks } from './links.ts';

export const docs = fileURLToPath(new URL('..', import.meta.url));

/** Where typedoc writes; not kept in git. */
export const GENERATED = 'reference/api/';

interface Group {
  readonly title: string;
  /** Path below docs/, and what the page is about in one line. */
  readonly pages: Readonly<Record<string, string>>;
}

export const groups: readonly Group[] = [
  {
    title: 'Start',
    pages: {
      'index.md': 'What Signalbox is, what it guarantees, and what it does not.',
      'guides/ways.md': 'Six ways to complete an order when a payment succeeds, and how five of them fail.',
      'getting-started.md': 'From an empty folder to a payment that completes an order, in ten minutes.',
      'concepts.md': 'The life of a delivery, the three statements behind it, and the words.',
      'guarantees.md': 'What is guaranteed and what is not, each promise with the tests that prove it.',
    },
  },
  {
    title: 'Write',
    pages: {
      'guides/signals.md': 'Defining signals, versions of payloads, the four ways to emit, delays, head starts and headers.',
      'guides/receivers.md': 'Writing receivers, and calling other systems from them without doing things twice.',
      'guides/transactions.md': 'Tracked transactions, savepoints, the ambient Db, @Transactional and afterCommit.',
      'guides/retries.md': 'When a failed delivery runs again, what does not count, and how a receiver pauses.',
      'guides/batches.md': 'Receivers that take many deliveries in one call and one transaction.',
      'guides/sharing.md': 'Deliveries of one receiver that run one by one in one transaction: for whom, and what it costs.',
      'guides/dependency-injection.md': 'How services are made, where constructor arguments come from, and other containers.',
      'guides/testing.md': 'Immediate mode, drain and real workers in tests.',
    },
  },
  {
    title: 'Fit in',
    pages: {
      'guides/extensions.md': 'Hooks around emits and receivers, listeners, maintenance tasks and providers in one object.',
      'guides/telemetry.md': 'Traces, metrics and log fields with OpenTelemetry.',
      'guides/nestjs.md': 'Signalbox in a NestJS application.',
      'guides/frameworks.md': 'Hono, Fastify and Express: one box for the process, a transaction in each request, an orderly end.',
      'guides/serverless.md': 'Processes that only emit: functions, cron jobs, scripts.',
      'guides/drivers.md': 'postgres.js, node-postgres and PGlite, where they differ, and poolers.',
    },
  },
  {
    title: 'Operate',
    pages: {
      'guides/deploying.md': 'Workers that stop in order, rights of roles, containers, drizzle-kit push, two-phase commit.',
      'guides/names-and-versions.md': 'Renaming and removing receivers, and deploys with old and new code side by side.',
      'guides/dead-letters.md': 'Noticing dead and waiting deliveries, and retrying, replaying or cancelling them.',
      'operating/running.md': 'Workers under systemd and in containers, probes, and the checks around a deploy.',
      'operating/metrics.md': 'Metrics for Prometheus, probes, a dashboard for Grafana and alert rules.',
      'operating/incidents.md': 'Symptoms, their causes, and the command that shows or mends each.',
      'operating/dashboard.md': 'Pages to see what is stuck and to mend it: in an application, or on your own machine.',
      'guides/mending.md': 'Pausing receivers, and retrying, replaying, cancelling and moving many deliveries.',
      'operating/moving.md': 'Dumps, logical replication, failover, copies: what follows the rows, and what does not.',
      'operating/retention.md': 'How long finished deliveries are kept, and how much room they take.',
      'performance.md': 'What emits and deliveries cost, beside two job queues and hand-written SQL, and how to size workers.',
    },
  },
  {
    title: 'Reference',
    pages: {
      'reference/cli.md': 'The command line: options, exit codes, configuration, logs.',
      'reference/events.md': 'Every lifecycle event: when it is raised and what it carries.',
      'reference/schema.md': 'Every table, column and index, and what is safe to rely on.',
      'reference/errors.md': 'Every error code, what causes it, and what to do.',
      'reference/migration-notes.md': 'What changed in a way that breaks programs, and the new form of each.',
    },
  },
  {
    title: 'API',
    pages: {
      'reference/api/index.md': 'The entry points of the package.',
      'reference/api/signalbox.md': 'signalbox: boxes, signals, receivers, workers, transactions, errors.',
      'reference/api/signalbox/schema.md': 'signalbox/schema: the tables, for drizzle-kit.',
      'reference/api/signalbox/dashboard.md': 'signalbox/dashboard: the dashboard as a handler of requests.',
      'reference/api/signalbox/nest.md': 'signalbox/nest: the module for NestJS.',
      'reference/api/signalbox/prometheus.md': 'signalbox/prometheus: metrics for prom-client.',
      'reference/api/signalbox/otel.md': 'signalbox/otel: traces and metrics with OpenTelemetry.',
      'reference/api/signalbox/testing-1.md': 'signalbox/testing: what the tests of an application use.',
      'reference/api/signalbox/testing/vitest.md': 'signalbox/testing/vitest: matchers for Vitest.',
      'reference/api/signalbox/testing/jest.md': 'signalbox/testing/jest: the same for Jest.',
      'reference/api/signalbox/vitest-plugin.md': 'signalbox/vitest-plugin: standard decorators under Vitest.',
    },
  },
  {
    title: 'Design records',
    pages: {
      'design/README.md': 'What design records are, and a list of them.',
      'design/walk.md': 'One emission from the emit to the COMMIT of its receiver, with the file of each step.',
      'design/two-tables.md': 'Why live and settled deliveries are apart.',
      'design/settle-first.md': 'Why completing the delivery is the first statement of its transaction.',
      'design/rescue.md': 'How dead workers are noticed, and why a late claim does no harm.',
      'design/watchdog.md': 'How a process with a receiver in an endless loop is ended.',
      'design/closing-transactions.md': 'Why a transaction refuses queries that its callback left running.',
      'design/unknown-commit.md': 'How a COMMIT whose answer was lost is distinguished from one that failed.',
      'design/whose-fault.md': 'What counts as an attempt, and what never does.',
      'design/unavailable.md': 'Why a receiver pauses when the system that it calls is down, and how it resumes.',
      'design/catalogue.md': 'Why receivers are announced in a table.',
      'design/schemas.md': 'Why statements are rewritten for another schema, and what follows from its name.',
      'design/claim-ahead.md': 'How much a worker holds beyond its free slots, and what may go wrong with it.',
      'design/pauses.md': 'How a pause of an operator reaches each worker, and what it costs.',
      'design/errands.md': 'How an act on a million deliveries is cut off anywhere and goes on.',
      'design/old-snapshots.md': 'How claims stay fast while a backup holds a snapshot.',
      'design/retention.md': 'The races of pruning, and why it takes two statements.',
      'design/tallies.md': 'What is counted of runs and emits, how it is written once, and what pages are drawn from.',
      'design/dashboard.md': 'Pages without a state of their own: permissions, live streams and their number, links that never widen.',
      'design/flow.md': 'How the graph of modules is drawn from counts, and why its layout stands still.',
      'design/partitions.md': 'Why ids partition the tables by time, and the races of dropping a partition.',
      'design/doorbell.md': 'How a sleeping worker is woken without a NOTIFY in each transaction.',
      'design/sharing.md': 'How deliveries share a transaction, and what keeps one from another.',
      'design/batches.md': 'What a transaction of many deliveries locks, and which of them have failed when it fails.',
      'design/session-defaults.md': 'Why no default of a database or a role changes what happens to a delivery.',
      'design/own-rows.md': 'Why the settings of your client do not reach the statements of Signalbox.',
      'design/lanes.md': 'How the COMMIT of one delivery travels with the BEGIN of the next.',
      'design/prepared.md': 'Which statements are prepared, and why your own only on request.',
      'design/plans.md': 'Why the statements leave the planner no choice.',
      'design/head-start.md': 'Why an emission has a head start in time, and no priority.',
      'design/telling.md': 'Which parts of an error are stored and logged, and why a logger that fails decides nothing.',
      'design/extensions.md': 'Why there is one port for additions, and what a hook that throws means.',
      'design/async-context.md': 'Which AsyncLocalStorage receivers, listeners and callbacks see, and why none of the sender.',
      'design/copies.md': 'How two copies of the package in one process understand each other.',
      'design/payload-types.md': 'Why what emits take and what receivers get have two names.',
      'design/waits.md': 'What an abort signal does to each call that waits, and which take none.',
      'design/reading.md': 'How deliveries are read: pages along an index, bounded walks, one filter, redaction.',
      'design/shelves.md': 'Which verbs stand on the box, and which on a shelf of it.',
      'design/testing-kit.md': 'How time passes, processes die and databases are made in the tests of an application.',
      'design/options.md': 'Why every option is checked, and how.',
      'design/command-line.md': 'Why verbs load lazily, where documents and questions go, and what Ctrl-C stops.',
      'design/tools.md': 'Which loader, logger and compiler, and why.',
    },
  },
  {
    title: 'Questions',
    pages: {
      'guides/faq.md': 'Short answers: exactly once, ordering, brokers, load, foreign systems.',
    },
  },
];

export interface Page {
  /** Below docs/. */
  readonly path: string;
  readonly group: string;
  /** Its first heading. */
  readonly title: string;
  readonly description: string;
  /** Markdown, with what it includes, and with links that hold on the site. */
  readonly text: string;
}

/** Paths of the pages that are in the folder, listed or not. Those that typedoc makes are left out. */
export async function writtenPages(): Promise<string[]> {
  const names = (await readdir(docs)).filter((name) => name !== 'site');
  const found = await Promise.all(
    names.map(async (name) => {
      if (name.endsWith('.md')) return [name];
      const inside = await readdir(path.join(docs, name), { recursive: true }).catch(() => []);
      return inside.map((file) => `${name}/${file.replaceAll(path.sep, '/')}`);
    }),
  );
  return found
    .flat()
    .filter((file) => file.endsWith('.md') && !file.startsWith(GENERATED))
    .sort();
}

/** The listed pages with their texts, in order; the generated ones only `with: 'api'`. */
export async function readPages(which: { readonly with?: 'api' } = {}): Promise<Page[]> {
  const listed = groups.flatMap(({ title, pages }) =>
    Object.entries(pages).map(([file, description]) => ({ group: title, file, description })),
  );
  return Promise.all(
    listed
      .filter(({ file }) => which.with === 'api' || !file.startsWith(GENERATED))
      .map(async ({ group, file, description }) => {
        const text = rewriteLinks(file, await readPage(file));
        const title = /^# (.+)$/m.exec(text)?.[1];
        if (title === undefined) throw new Error(`docs/${file} has no first heading.`);
        return { path: file, group, title, description, text };
      }),
  );
}

async function readPage(file: string): Promise<string> {
  // Without the ids that typedoc's headings are given for VitePress.
  const text = (await readFile(path.join(docs, file), 'utf8')).replace(/^(#+ .+) \{#[^}]+\}$/gm, '$1');
  const included = /<!--@include: (\S+)-->/.exec(text)?.[1];
  return included === undefined ? text : readFile(path.join(docs, path.dirname(file), included), 'utf8');
}
