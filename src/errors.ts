// The one error class of Signalbox and its closed table of codes.
// Every error that leaves the library carries a code from this table, names its subject, says what happened and what to
// do next, and keeps its cause. docs/reference/errors.md lists the same codes; a test keeps the two equal.

const BRAND = Symbol.for('signalbox.error');

/** The meaning of each code, in one line. The key is the value of `error.code`. */
export const ERROR_CODES = {
  // defining
  InvalidSignal: 'A signal was defined with an invalid name, version or size limit.',
  SchemaNotEncodable: 'A signal was defined with a schema whose values cannot be written as JSON and read back.',
  InvalidDecorator: 'A decorator is used in a place where it cannot work.',
  InvalidOption: 'An option has an invalid value, or does not exist.',
  ReceiverNameTaken: 'Two methods have the same receiver name.',
  SignalNameTaken: 'Two different signals have the same name.',
  // the registry
  MissingProvider: 'A service or value is injected for which there is no provider.',
  CircularDependency: 'Services depend on each other in a circle.',
  MissingMetadata: 'The parameter types of a constructor are unknown at run time.',
  NoInjectionContext: 'inject() or @Transactional was used on an object that the registry did not make.',
  IncompatibleCopy: 'A class, a `Db` or a signal comes from a copy of the package with which this copy cannot work.',
  // the box
  UnsupportedDatabase: 'Signalbox cannot work with the database object that the box was given.',
  BoxAlreadyOpen: 'The database object already belongs to an open box.',
  BoxClosed: 'The box was closed.',
  BoxNotFound: 'The database or transaction belongs to no open box.',
  MigrationMissing: 'The database lacks tables or columns that this version needs.',
  SequenceBehind: 'An identity sequence gives ids that its table already has, so what inserts there is refused.',
  MigrationFailed: 'A folder of migrations could not be applied.',
  DatabaseUnreachable: 'The database could not be reached.',
  PoolTooSmall: 'The connection pool has too few connections for the worker.',
  // emitting
  InvalidPayload: 'A payload does not match the schema of its signal.',
  PayloadNotStorable: 'A payload or a header holds a value that JSON or jsonb would change or refuse.',
  PayloadTooLarge: 'A payload is larger than its signal allows.',
  NotInTransaction: 'A reliable emit or a commit hook was used outside a transaction.',
  UntrackedTransaction: 'The transaction was not opened through the database object that the box was given.',
  DedupeConflict: 'A transaction cannot see whether its dedupe key is taken, and need only be run again.',
  EmissionNotFound: 'No committed emission has this id.',
  DeliveryNotFound: 'No delivery is found under this id or address.',
  // operating
  ReceiverNotFound: 'The catalogue has no receiver of this name.',
  QueueNotFound: 'No receiver of the catalogue is in this queue.',
  ErrandNotFound: 'There is no errand of this id, or it has ended.',
  ErrandUnfinished: 'An unfinished errand does the same to the same deliveries.',
  ActsAgain: 'A replay would call receivers again whose effects lie outside their transactions.',
  // extensions
  ExtensionMisused: 'An extension called `next` more than once, or not at all.',
  ExtensionFailed: 'An extension failed, or returned, without calling the receiver.',
  // transactions
  TransactionEnded: 'A transaction was used after it had ended.',
  TransactionControl: 'A statement that ends the transaction was sent inside it.',
  TransactionFailed: 'A query of the transaction failed and its error was swallowed, so nothing can be committed.',
  SavepointStuck: 'A call waited too long for a savepoint of its own transaction, in which no more statements were sent.',
  OutsideTransaction: 'The plain database was used inside a transaction, which would not contain its writes.',
  CommitUnknown: 'The connection was lost during COMMIT, and the database could not say whether the COMMIT took effect.',
  // delivering
  EmissionMissing: 'The emission of a live delivery was deleted together with its payload; the delivery is dead.',
  PayloadErased: 'The payload of an emission was erased, and its delivery was brought back; the delivery is dead.',
  StoredPayloadInvalid: 'A stored payload cannot be read with the schema of its signal.',
  DeliveryTimedOut: 'A receiver did not finish within its timeout.',
  DeliveryAborted: 'A receiver was interrupted because its worker is stopping, or could not be called in time.',
  CrashBudgetSpent: 'Too many workers died while they ran the same delivery; the delivery is dead.',
  ReceiverFailed: 'In immediate mode, receivers failed after the transaction had committed.',
  ImmediateDepthExceeded: 'In immediate mode, receivers kept emitting signals that run receivers.',
  WaitsForItself: 'A receiver called a method that would wait for that same receiver to end.',
  WorkerBusy: 'The worker was already started, or was stopped for good.',
  // the command line and the pages
  ConfigNotFound: 'The command line found no configuration file.',
  ConfigInvalid: 'The configuration file could not be loaded or exports no box.',
  LoaderMissing: 'A TypeScript file must be compiled, and the optional package that compiles it is not installed.',
  LibraryMissing: 'A part that was asked for needs an optional package, which is not installed.',
} as const;

/** A code of the closed table {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

interface DetailsByCode {
  /** The id of the transaction, and of an emission that is stored if and only if it committed. */
  CommitUnknown: { readonly xid: string; readonly emissionId: string };
  /** The commit stands; `causes` holds the error of each failed receiver, in the order in which the receivers ran. */
  ReceiverFailed: {
    readonly committed: true;
    readonly causes: readonly unknown[];
    /** Each failed receiver with its error and the id of its delivery. `ImmediateDepthExceeded` has no delivery. */
    readonly failures: readonly { readonly receiver: string; readonly deliveryId: string | undefined; readonly cause: unknown }[];
  };
  /** The stored names of the receivers that ran in the deeper half of the levels. */
  ImmediateDepthExceeded: { readonly receivers: readonly string[] };
  /** `missing` names each table or column that was not found, as `signalbox.delivery` or `signalbox.delivery.epoch`; or the version of the tables, as `version 2 of signalbox`. */
  MigrationMissing: { readonly missing: readonly string[] };
  /** Each table, with the id that its sequence gives next and the highest that it has; empty for a repair that failed. */
  SequenceBehind: { readonly behind: readonly { readonly table: string; readonly next: string; readonly highest: string }[] };
  /** `path` leads to the offending value, as `$.items[2].price`. */
  PayloadNotStorable: { readonly path: string };
  /** `errandId` of the unfinished one, which can be resumed, worked on or stopped. */
  ErrandUnfinished: { readonly errandId: string };
  /** The stored names of those receivers, and of those that this process does not know. */
  ActsAgain: { readonly receivers: readonly string[] };
  PayloadTooLarge: { readonly bytes: number; readonly maxPayloadBytes: number };
}

/** The data that an error of code `C` carries beyond its message: an empty object for most codes. */
export type ErrorDetails<C extends ErrorCode> = C extends keyof DetailsByCode ? DetailsByCode[C] : Record<never, never>;

/** Every error that Signalbox throws by itself. Tell them apart by `code`. */
export class SignalboxError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'SignalboxError';
  /** A key of {@link ERROR_CODES}. Programs tell errors apart by it, for messages may change. */
  readonly code: C;
  /** The data of this code, beyond the message. */
  readonly details: ErrorDetails<C>;

  /** @param message says what happened and what to do next; the code is added to it */
  constructor(
    code: C,
    message: string,
    ...[options]: C extends keyof DetailsByCode ? [options: { cause?: unknown; details: ErrorDetails<C> }] : [options?: { cause?: unknown }]
  ) {
    super(`${message} [${code}]`, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = (options && 'details' in options ? options.details : {}) as ErrorDetails<C>;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Whether `error` is a {@link SignalboxError}, and of the given code if one is given. Works across copies of the
 * module, and never throws: a thrown value may be an object whose properties cannot be read.
 */
export function isSignalboxError<C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is SignalboxError<C> {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return BRAND in error && (code === undefined || (error as unknown as SignalboxError).code === code);
  } catch {
    return false;
  }
}
