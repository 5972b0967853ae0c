// The options of createSignalbox: their types, their rules and their defaults, so that an option is added here and nowhere else.
// Options of one verb or of one shelf stand beside it, each bag with its table: worker/options.ts, receivers/register.ts,
// operate/deliveries.ts, operate/emissions.ts, store/schema/migrate.ts, core/dispatcher.ts (emits).
import { CRASH_BUDGET } from '../core/delivery.ts';
import type { DatabaseHandle } from '../core/handles.ts';
import type { GivenLogger, Logger } from '../core/logger.ts';
import { checkOptions, type OptionTable, type Rule } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { type Ages, agesOf, type RetentionOptions, retentionRule } from '../core/retention.ts';
import { anything, bag, callable, DEFAULT_SCHEMA, flag, listOf, oneOf, schemaName, whole } from '../core/rules.ts';
import { MOST_SHARED } from '../core/share.ts';
import { type ProviderLiteral, type Provision, provisionOf } from '../container/provider.ts';
import type { Container } from '../container/registry.ts';
import { SignalboxError } from '../errors.ts';
import { defaultLogger, silentLogger } from '../observe/log.ts';
import { withFields } from '../observe/log-fields.ts';
import { eventLog } from '../observe/event-log.ts';
import type { SignalboxEvents } from '../observe/event-types.ts';
import { safeLogger } from '../observe/safe-log.ts';
import type { Testing } from '../dispatch/testing-mode.ts';
import { type Redaction, REDACTION } from '../operate/redaction.ts';
import type { OutsideWrites } from '../transaction/outside-writes.ts';
import type { OnFailure } from '../worker/immediate.ts';
import { type Extension, type Extensions, extensionsOf, logFieldsOf } from './extension.ts';

export type { Testing };

/** Options of `createSignalbox`. Only `db` is required. */
export interface SignalboxOptions<D extends DatabaseHandle = DatabaseHandle> {
  /** The result of `drizzle({ client })`. Its `transaction` is tracked until the box is closed. */
  db: D;
  /**
   * The PostgreSQL schema of the tables, as given to `signalboxTables` in the Drizzle schema. Default `'signalbox'`. Applications that
   * share a database and have each a schema of their own do not see, wake or wait for one another.
   */
  schema?: string;
  /** The classes whose `@OnSignal` methods receive signals, and those with `@Service` that the registry knows from the start. */
  services?: readonly Class[];
  /** The sources of injected values that are no services. */
  providers?: readonly (Provision | ProviderLiteral)[];
  /** Take the place of `services` and `providers` of the same token: for tests. */
  overrides?: readonly (Provision | ProviderLiteral)[];
  /**
   * Another container that makes the services: given a class (or token), it returns the object, or a promise of it.
   * `providers` and `overrides` still come first. Give that container `box.db` for `Db`.
   */
  resolve?: Container;
  /**
   * Additions to this box: around its emits and its receivers, listeners, maintenance tasks, providers. The first is outermost.
   * Default: none, which costs nothing.
   */
  extensions?: readonly Extension[];
  /** Called with each delivery that ends dead, after that is written. Its errors are logged. */
  onDead?: (event: SignalboxEvents['delivery.dead']) => unknown;
  /**
   * The number of workers that may die with a delivery before it ends dead, 1 to 100. Default 3. It ends dead only if
   * the last of these workers ran nothing else, so that no other receiver's fault counts: a delivery with one crash
   * less runs alone.
   */
  crashBudget?: number;
  /**
   * The `share` of each receiver that does not say its own, can have one (it has a transaction, at `'read committed'`, and takes no batches),
   * and is quick: 2 to 25. Default: none is shared. See the option of `@OnSignal`.
   */
  share?: number;
  /**
   * For tests. `'immediate'`: deliveries run in this process, right after the commit that stored them and before the transaction call
   * returns. `'manual'`: they run in `drain()` and `tick()` and at no other time; a worker that is started checks what it would need,
   * and claims nothing. `'capture'`: emissions are checked and encoded, and `captured` of `signalbox/testing` sees them, but nothing is
   * stored and no receiver runs: for tests that roll their transaction back, and for databases without the tables. Default: a
   * worker runs the deliveries.
   */
  testing?: Testing;
  /**
   * With `testing: 'immediate'`, what a failed receiver does: it makes the transaction call throw `ReceiverFailed` (`'throw'`, the default),
   * or the failure is only written to its delivery (`'collect'`), as a worker would.
   */
  onFailure?: OnFailure;
  /**
   * How long finished deliveries are kept, with their emissions; workers delete older ones by and by. `false`: all are kept for ever. Default
   * `{ completed: '7d', cancelled: '30d', dead: false }`, of which each that is left out is kept as it is. An emission goes with all its
   * deliveries or not at all, and none within an hour of the end of its last one.
   */
  retention?: RetentionOptions | false;
  /**
   * Whether this box counts its emits and runs, for `box.tallies`, pages and metrics (the default), and its workers sample what waits. It costs a
   * statement every 10 seconds in which something was counted. With `testing` nothing is counted.
   */
  tallies?: boolean;
  /**
   * Whether the statements of Signalbox are prepared (the default). `false` is for a pooler in transaction mode that does
   * not know of prepared statements: PgBouncer before 1.21. `'all'`: so are those that Drizzle sends in transactions, yours and
   * those of receivers, once a text has come three times; at most 250 texts. On postgres.js it saves a round trip for
   * each; on a single client of node-postgres, and on PGlite, it is as `true`.
   */
  prepare?: boolean | 'all';
  /**
   * Any logger with pino's interface, or `console`; `false` for none. Default: pino on standard error. A logger that fails stops
   * nothing.
   */
  log?: GivenLogger | false;
  /**
   * The reaction to a write on the plain database (`db`, and not `tx` or the injected `Db`) inside a transaction or a
   * receiver, which that transaction can neither undo nor fence. `'warn'` (the default): a line in the log with the
   * place, once for each table. `'refuse'`: `OutsideTransaction` is thrown. `'allow'`: nothing. If the pool has one
   * connection, so that the call would wait for ever, `'warn'` refuses, too.
   */
  outsideWrites?: OutsideWrites;
  /**
   * What operators must not see of payloads, headers and errors: it is taken out of all that `box.deliveries` and `box.emissions` return,
   * and with that out of what the command line prints. Default: they see all.
   */
  redact?: Redaction;
}

const logger: Rule = {
  wants: "false for none, or a logger with pino's interface: debug, info, warn and error",
  accepts: (log) =>
    log === false ||
    (typeof log === 'object' &&
      log !== null &&
      (['debug', 'info', 'warn', 'error'] as const).every((method) => typeof (log as Partial<Logger>)[method] === 'function')),
};

export const BOX_OPTIONS: OptionTable<SignalboxOptions> = {
  db: anything,
  schema: schemaName,
  services: listOf('classes'),
  providers: listOf('what provide(…) returns, or of { provide, useValue }'),
  overrides: listOf('what provide(…) returns, or of { provide, useValue }'),
  resolve: callable,
  extensions: listOf('extensions'),
  onDead: callable,
  crashBudget: whole(1, 100),
  share: whole(2, MOST_SHARED),
  testing: oneOf('immediate', 'manual', 'capture'),
  onFailure: oneOf('throw', 'collect'),
  retention: retentionRule,
  tallies: flag,
  prepare: oneOf(true, false, 'all'),
  log: logger,
  outsideWrites: oneOf('warn', 'refuse', 'allow'),
  redact: bag('an object with payload, headers and errors', REDACTION),
};

/** Those that have no default may stay away; `log` is always one. */
type Optional = 'resolve' | 'onDead' | 'share' | 'testing' | 'redact';

/** The options of a box, each with its value: the given one, or the default. */
export type BoxSettings<D extends DatabaseHandle> = Required<Omit<SignalboxOptions<D>, Optional | keyof Normal>> &
  Pick<SignalboxOptions<D>, Optional> &
  Normal;

/** Those that are given in several forms. */
interface Normal {
  readonly log: Logger;
  readonly retention: Ages;
  readonly extensions: Extensions;
  readonly providers: readonly Provision[];
  readonly overrides: readonly Provision[];
}

const DEFAULTS = {
  schema: DEFAULT_SCHEMA,
  services: [],
  providers: [],
  overrides: [],
  crashBudget: CRASH_BUDGET,
  onFailure: 'throw',
  tallies: true,
  prepare: true,
  outsideWrites: 'warn',
} as const satisfies Omit<BoxSettings<DatabaseHandle>, 'db' | 'log' | 'retention' | 'extensions' | Optional>;

/** Checks the options of a box and fills in the defaults. @throws SignalboxError `InvalidOption` */
export function settingsOf<D extends DatabaseHandle>(options: SignalboxOptions<D>): BoxSettings<D> {
  checkOptions(options, BOX_OPTIONS, 'createSignalbox');
  const given = Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as SignalboxOptions<D>;
  if (given.onFailure !== undefined && given.testing !== 'immediate')
    throw new SignalboxError(
      'InvalidOption',
      `createSignalbox: onFailure is '${given.onFailure}', and testing is not 'immediate'. Leave onFailure out: a worker writes each failure to its delivery.`,
    );
  const settings = { ...DEFAULTS, ...given };
  const log = withFields(loggerOf(given.log), logFieldsOf(given.extensions ?? []));
  const extensions = extensionsOf([...(given.log === false ? [] : [eventLog(log)]), ...(given.extensions ?? [])]);
  return {
    ...settings,
    log,
    retention: agesOf(settings.retention),
    extensions,
    providers: [...extensions.providers, ...settings.providers.map((provider) => provisionOf(provider, 'createSignalbox'))],
    overrides: settings.overrides.map((provider) => provisionOf(provider, 'createSignalbox')),
  };
}

/** The logger of a box, which never throws. */
export const loggerOf = (log: SignalboxOptions['log']): Logger => (log === false ? silentLogger : safeLogger(log ?? defaultLogger()));

/** The settings of a box that an adapter for a framework adds to its options. */
export interface Adapter {
  /** The place to which a class with receivers is added, for messages: the words after "to". */
  readonly place: string;
  /** Called before anything for which the receivers must be known. */
  beforeUse?(): void;
}
