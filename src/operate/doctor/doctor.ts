// box.doctor: reads the facts and has them judged. It writes nothing and locks nothing. What a role may not read, or a server does not
// have, is one warning and hides no other finding.
import { errorReport } from '../../core/error-report.ts';
import type { OptionTable } from '../../core/options.ts';
import type { Receivers } from '../../core/receivers.ts';
import { object } from '../../core/rules.ts';
import type { Driver } from '../../drivers/driver.ts';
import { isSignalboxError } from '../../errors.ts';
import { OWN_VERSION } from '../../store/doctor/doctor-store.ts';
import { EXPECTED_SCHEMA } from '../../store/doctor/expected-schema.ts';
import { tablesOf } from '../../store/doctor/table-shape.ts';
import { quotedSchema } from '../../store/namespace.ts';
import { migrationsOf, type MigrateOptions } from '../../store/schema/migrate.ts';
import { storageSettingsWanted } from '../../store/schema/tuning.ts';
import type { Store } from '../../store/store.ts';
import { contacting } from '../../store/unreachable.ts';
import { packageVersion } from '../../version.ts';
import { judgeDeliveries } from './deliveries.ts';
import { broken, type Check, count, type Finding, ok, warning } from './finding.ts';
import { judgeSchema } from './schema.ts';
import { judgeServer } from './server.ts';
import { judgeVacuum } from './vacuum.ts';

/** Options of `box.doctor`. */
export interface DoctorOptions {
  /** The folder of migrations, and where they are noted, as for `box.migrate`: also looks for those that are not applied. */
  readonly migrations?: Omit<MigrateOptions, 'onWait'> | undefined;
}

export const DOCTOR_OPTIONS: OptionTable<DoctorOptions> = { migrations: object('an object with the folder of migrations') };

export interface DoctorParts {
  readonly store: Store;
  readonly driver: Driver;
  readonly receivers: Receivers;
  /** Whether statements are prepared. */
  readonly prepares: boolean;
  /** Whether completed deliveries are removed in time. */
  readonly retains: boolean;
}

/** A snapshot that is older is held against its holder. */
const OLD_SNAPSHOT_SECONDS = 300;

/** Never rejects for what it finds. */
export async function examine(parts: DoctorParts, { migrations }: DoctorOptions = {}): Promise<Finding[]> {
  const { driver, store } = parts;
  try {
    await contacting(driver, () => store.doctor.server());
  } catch (error) {
    return [broken('connection', reasonOf(error), 'Check the address, the password, and that the server accepts connections from here.')];
  }
  const findings: Finding[] = [ok('connection', `The database answers: ${driver.place}.`)];
  const section = async (check: Check, judge: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
    try {
      return await judge();
    } catch (error) {
      return [
        warning(
          check,
          `This could not be examined: ${reasonOf(error)}`,
          'npx signalbox grants --role operator, for a role that may read it',
        ),
      ];
    }
  };
  const schema = await section('schema', () => examineSchema(parts));
  const hasTables = !schema.some(({ status, remedy }) => status === 'broken' && remedy?.includes('drizzle-kit'));
  findings.push(...(await section('server', () => examineServer(parts, hasTables))), ...schema);
  if (migrations) findings.push(...(await section('migrations', () => examineMigrations(driver, migrations))));
  if (!hasTables) return findings;
  findings.push(...(await section('sequences', () => examineSequences(parts))));
  findings.push(...(await section('vacuum', () => examineVacuum(parts))));
  findings.push(...(await section('workers', () => examineDeliveries(parts))));
  return findings;
}

const reasonOf = (error: unknown): string => (isSignalboxError(error) ? error.message : errorReport(error).message);

async function examineSchema({ store }: DoctorParts): Promise<Finding[]> {
  const catalog = await store.doctor.catalog();
  const text = catalog.columns.find(({ table, column }) => table === OWN_VERSION.table && column === OWN_VERSION.column)?.default_value;
  return judgeSchema({
    schema: quotedSchema(store.namespace.schema),
    expected: EXPECTED_SCHEMA,
    found: tablesOf(catalog),
    invalid: new Set(catalog.indexes.filter(({ valid }) => !valid).map(({ name }) => name)),
    version: /^\d+$/.test(text ?? '') ? Number(text) : undefined,
    ownVersion: OWN_VERSION.version,
  });
}

async function examineServer({ store, driver, receivers, prepares }: DoctorParts, hasTables: boolean): Promise<Finding[]> {
  return judgeServer({
    server: await store.doctor.server(),
    place: driver.place,
    driver: driver.name,
    pool: driver.maxConnections,
    hasReceivers: receivers.all.some(({ transactional }) => transactional),
    pooled: await store.doctor.pooled(),
    prepares,
    workers: hasTables ? await store.doctor.workers() : undefined,
  });
}

async function examineMigrations(driver: Driver, options: MigrateOptions): Promise<Finding[]> {
  const { inFolder, applied } = await migrationsOf(driver, options);
  return [
    applied < inFolder
      ? broken(
          'migrations',
          `${count(inFolder - applied, 'migration')} of ${options.folder} ${inFolder - applied === 1 ? 'is' : 'are'} not applied.`,
          `npx signalbox migrate --folder ${options.folder}`,
        )
      : ok('migrations', 'All migrations are applied.'),
  ];
}

async function examineSequences({ store }: DoctorParts): Promise<Finding[]> {
  const behind = await store.doctor.sequences();
  return behind.length === 0
    ? [ok('sequences', 'No identity sequence is behind its table.')]
    : behind.map(({ table, next, highest }) =>
        broken(
          'sequences',
          `The sequence of ${table} gives ${next} next, and the table has ${highest}: what inserts there is refused.`,
          'npx signalbox repair sequences',
        ),
      );
}

async function examineVacuum({ store, retains }: DoctorParts): Promise<Finding[]> {
  return judgeVacuum({
    schema: quotedSchema(store.namespace.schema),
    tuning: storageSettingsWanted(),
    settings: await store.doctor.storage(),
    holders: await store.doctor.holders(OLD_SNAPSHOT_SECONDS),
    sizes: await store.doctor.sizes(),
    retains,
  });
}

async function examineDeliveries({ store, receivers }: DoctorParts): Promise<Finding[]> {
  const names = new Set(receivers.all.flatMap(({ name, formerly, signal }) => [name, ...formerly].map((each) => `${signal.name} ${each}`)));
  const own = (await store.catalogue.list()).filter(({ name, signal }) => names.has(`${signal} ${name}`));
  return judgeDeliveries({
    overdue: await store.doctor.overdue(),
    dead: await store.doctor.dead(),
    workers: await store.doctor.workers(),
    own: new Set(own.map(({ root }) => root)),
    version: packageVersion(),
  });
}
