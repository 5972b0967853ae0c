// The one error class of Signalbox and its closed table of codes.
// Every error that leaves the library carries a code from this table, names its subject, says what happened and what
// to do next, and keeps its cause. docs/reference/errors.md lists the same codes; a test keeps the two equal.

const BRAND = Symbol.for('signalbox.error');

/** What each code means, in one line. The key is the value of `error.code`. */
export const ERROR_CODES = {
  // defining
  InvalidSignal: 'A signal was defined with a name, a version or a size limit that cannot be used.',
  SchemaNotEncodable: 'A signal was defined with a schema whose values cannot be written as JSON and read back.',
  InvalidDecorator: 'A decorator stands where it cannot work.',
  InvalidOption: 'An option has a value that cannot be used.',
  ReceiverNameTaken: 'Two methods claim the same receiver name.',
  SignalNameTaken: 'Two different signals claim the same name.',
  // the registry
  MissingProvider: 'Something is injected that nothing provides.',
  CircularDependency: 'Services need each other in a circle.',
  MissingMetadata: 'The types of constructor parameters are not known at run time.',
  NoInjectionContext: 'inject() or @Transactional was used on an object that the registry did not make.',
  IncompatibleCopy: 'Something comes from a copy of the package with which this copy cannot work.',
  // the box
  UnsupportedDatabase: 'The object given as the database is not one that Signalbox can drive.',
  BoxAlreadyOpen: 'The database object already belongs to an open box.',
  BoxClosed: 'The box was closed.',
  BoxNotFound: 'The database or transaction belongs to no open box.',
  MigrationMissing: 'The database lacks tables or columns that this version needs.',
  MigrationFailed: 'A folder of migrations could not be applied.',
  DatabaseUnreachable: 'The database could not be reached.',
  PoolTooSmall: 'The connection pool has too few connections for the worker.',
  // emitting
  InvalidPayload: 'A payload does not match the schema of its signal.',
  PayloadNotStorable: 'A payload or a header holds a value that JSON or jsonb would change or refuse.',
  PayloadTooLarge: 'A payload is larger than its signal allows.',
  NotInTransaction: 'A reliable emit or a commit hook was used outside a transaction.',
  UntrackedTransaction: 'The transaction was not opened through the database object that the box was given.',
  EmissionNotFound: 'There is no emission of this id, or none that is committed.',
  // extensions
  ExtensionMisused: 'An extension called `next` more than once, or not at all.',
  ExtensionFailed: 'An extension kept a receiver from being called.',
  // transactions
  TransactionEnded: 'A transaction was used after it had ended.',
  TransactionControl: 'A statement that ends the transaction was sent inside it.',
  TransactionFailed: 'A query of the transaction failed and the error was swallowed, so nothing can be committed.',
  SavepointStuck: 'Something waited for a savepoint of its own transaction in which nothing happened any more.',
  OutsideTransaction: 'The plain database was used inside a transaction, which would not contain what it writes.',
  CommitUnknown: 'The connection was lost during COMMIT, and whether it got through could not be learnt.',
  // delivering
  EmissionMissing: 'The emission of a live delivery was deleted, and its payload with it; the delivery is dead.',
  StoredPayloadInvalid: 'A stored payload cannot be read with the schema of its signal.',
  DeliveryTimedOut: 'A receiver did not finish within its timeout.',
  DeliveryAborted: 'A receiver was interrupted because its worker stops, or could not be called in time.',
  CrashBudgetSpent: 'Workers died, time and again, while they ran a delivery; it is dead.',
  ReceiverFailed: 'In immediate mode, receivers failed after the transaction had committed.',
  ImmediateDepthExceeded: 'In immediate mode, receivers kept emitting signals that run receivers.',
  WaitsForItself: 'Something was called in a receiver that would wait for that very receiver to end.',
  WorkerBusy: 'The worker was already started, or was stopped for good.',
  // the command line
  ConfigNotFound: 'The command line found no configuration file.',
  ConfigInvalid: 'The configuration file could not be loaded or exports no box.',
  LoaderMissing: 'There is TypeScript to compile and the optional package that compiles it is not installed.',
} as const;

/** A code of the closed table {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

interface DetailsByCode {
  /** The id of the transaction, and of an emission that is stored if and only if it committed. */
  CommitUnknown: { readonly xid: string; readonly emissionId: string };
  /** The commit stands; `causes` holds what each failed receiver threw, in the order in which they ran. */
  ReceiverFailed: {
    readonly committed: true;
    readonly causes: readonly unknown[];
    /** Which receiver threw which, with the id of its delivery. `ImmediateDepthExceeded` has none. */
    readonly failures: readonly { readonly receiver: string; readonly deliveryId: string | undefined; readonly cause: unknown }[];
  };
  /** The stored names of those that ran in the deeper half of the levels. */
  ImmediateDepthExceeded: { readonly receivers: readonly string[] };
  /** `missing` names each table or column that was not found, as `signalbox.delivery` or `signalbox.delivery.epoch`. */
  MigrationMissing: { readonly missing: readonly string[] };
  /** `path` leads to the offending value, as `$.items[2].price`. */
  PayloadNotStorable: { readonly path: string };
  PayloadTooLarge: { readonly bytes: number; readonly maxPayloadBytes: number };
}

/** What an error of code `C` carries beyond its message: an empty object for most codes. */
export type ErrorDetails<C extends ErrorCode> = C extends keyof DetailsByCode ? DetailsByCode[C] : Record<never, never>;

/** Every error that Signalbox throws by itself. Tell them apart by `code`. */
export class SignalboxError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'SignalboxError';
  /** A key of {@link ERROR_CODES}: what programs tell errors apart by. Messages may change. */
  readonly code: C;
  /** What the code carries beyond the message. */
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
 * Whether `error` is a {@link SignalboxError}, and of the given code if one is given. Works across copies of the module, and
 * never throws: what was thrown may be an object that cannot be looked at.
 */
export function isSignalboxError<C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is SignalboxError<C> {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return BRAND in error && (code === undefined || (error as unknown as SignalboxError).code === code);
  } catch {
    return false;
  }
}
