// Runs once per test run: it builds dist, finds or launches a PostgreSQL server, makes the template that tests clone,
// and leaves nothing behind. DATABASE_URL names a server to use; its user must be allowed to create databases.
import type { TestProject } from 'vitest/node';
import { buildPackage } from './build.ts';
import { belongsToRun, isLeftover, nameRun } from '../../src/testing/database/names.ts';
import { dropDatabasesOn } from '../../src/testing/database/databases.ts';
import { DISPOSABLE } from '../../src/testing/postgres/disposable.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { createTemplate } from './template.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    /** The prefix of the run's databases. */
    databaseRun: string;
    /** Null if there are no migrations for it. */
    databaseTemplate: string | null;
  }
}

interface TestServer {
  url: string;
  cleanUp(run: string): Promise<void>;
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await buildPackage();
  const run = nameRun();
  const server = await findServer();
  try {
    project.provide('databaseUrl', server.url);
    project.provide('databaseRun', run);
    project.provide('databaseTemplate', await createTemplate(server.url, run));
  } catch (error) {
    await server.cleanUp(run);
    throw error;
  }
  return () => server.cleanUp(run);
}

async function findServer(): Promise<TestServer> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    const server = await launchPostgres(DISPOSABLE);
    return { url: server.url, cleanUp: () => server.stop() };
  }
  await dropDatabasesOn(url, (name) => isLeftover(name));
  return { url, cleanUp: (run) => dropDatabasesOn(url, (name) => belongsToRun(name, run)) };
}
