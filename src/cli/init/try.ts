// signalbox init --try: runs the next steps, word for word, on a PostgreSQL of their own that is gone afterwards. So a newcomer sees a
// signal delivered before there is a server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { launchPostgres, type RunningPostgres } from '../../testing/postgres/launch.ts';
import { findPackageFolder } from '../../testing/postgres/binaries.ts';
import type { Plan } from './plan.ts';
import type { Project } from './project.ts';

export interface Trial {
  /** The step that failed, and how it ended; absent if all went well. */
  readonly failed?: { readonly step: string; readonly code: number };
}

/** @param tell called before each step @param quiet the output of the steps goes to standard error, for standard output is a document */
export async function tryOut(
  { folder, driver, database, drizzleConfig }: Project,
  { steps }: Plan,
  { tell, quiet }: { tell: (step: string) => void; quiet: boolean },
): Promise<Trial> {
  let server: RunningPostgres | undefined;
  const texts = [drizzleConfig?.text ?? '', database?.text ?? ''];
  try {
    for (const step of steps) {
      // The first step may install it.
      if (isOfDatabase(step) && driver !== 'pglite') server ??= await launchPostgres({ packageFolder: packageOf(folder) });
      tell(step);
      const code = await run(step, folder, server ? urlVariables(texts, server.url) : {}, quiet);
      if (code !== 0) return { failed: { step, code } };
    }
    return {};
  } finally {
    await server?.stop();
  }
}

const isOfDatabase = (step: string): boolean => /drizzle-kit|signalbox:test/.test(step);

const packageOf = (folder: string): string => findPackageFolder(undefined, undefined, path.join(folder, 'package.json'));

/** The variables from which the project takes the address of its database. Pure. */
export function urlVariables(texts: readonly string[], url: string): Record<string, string> {
  const names = texts.flatMap((text) => Array.from(text.matchAll(/process\.env(?:\.|\[['"])(\w+)/g), ([, name]) => name!));
  return Object.fromEntries([...names.filter((name) => /UR[LI]|DSN|CONNECTION/i.test(name)), 'DATABASE_URL'].map((name) => [name, url]));
}

async function run(step: string, cwd: string, environment: Record<string, string>, quiet: boolean): Promise<number> {
  const child = spawn(step, {
    cwd,
    shell: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', quiet ? process.stderr : 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
