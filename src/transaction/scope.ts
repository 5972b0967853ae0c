// A scope: one open transaction or savepoint. It knows whether it is open, which queries failed in it, which emits are
// still under way, which callbacks run after the commit, and which savepoint is open inside it.
//
// It settles these races:
// - a statement after the end: refused by the gate, so it can never reach the connection's next user;
// - an emit or a savepoint that the callback does not await: awaited here before COMMIT; if it fails unseen, the
// transaction
//   fails;
// - sibling savepoints at the same time: one after the other, because the connection has one stack of savepoints;
// - an emit on the outer handle beside an open savepoint: waits for it, or the savepoint's rollback would take it
// along;
// - the same inside that savepoint, where the async context is lost: each waits for the other, but not for ever
// (patience.ts).
import type { TransactionHandle } from '../core/handles.ts';
import type { Client, Gate } from '../drivers/driver.ts';
import type { EmitCount } from '../core/tally.ts';
import { SignalboxError } from '../errors.ts';
import { whileInUse } from './patience.ts';
import { ObservedPromise } from './observed-promise.ts';

export type AfterCommit = () => unknown;

export class TransactionScope implements Gate {
  readonly parent: TransactionScope | undefined;
  /** The handle of the callback; set when its transaction has begun, as are the next two members. */
  tx: TransactionHandle | undefined;
  /** The guarded client of this scope. */
  client: Client | undefined;
  /** Opens a savepoint in this scope. */
  nest: ((callback: (tx: never) => unknown, config?: unknown) => Promise<unknown>) | undefined;
  /** Runs after the outermost commit, in order. */
  readonly afterCommit: AfterCommit[] = [];
  /** Ids of the emissions stored in this scope and in its savepoints that were kept. */
  readonly emissions: string[] = [];
  /** How many of them are of which signal and cause, to be counted once they are committed; unset until the first. */
  emitted: EmitCount[] | undefined;
  /** Its callback or its COMMIT has failed: nothing of it is kept. */
  isUndone = false;
  /** The id of the transaction, known once something was emitted in it. */
  xid: string | undefined;
  /** Called with each statement that is sent in it and in its savepoints, if that is of interest. */
  onSent: ((sent: unknown) => void) | undefined;

  #open = true;
  #lost = false;
  readonly #onLoss = new Set<() => void>();
  #child: TransactionScope | undefined;
  readonly #onClose = new Set<() => void>();
  #failure: { readonly error: unknown } | undefined;
  #savepoints: Promise<unknown> = Promise.resolve();
  #openSavepoints = 0;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #pending = new Set<ObservedPromise<unknown>>();
  /** In an outermost scope: the number of statements sent on its connection. */
  #statements = 0;

  constructor(parent?: TransactionScope) {
    this.parent = parent;
    this.onSent = parent?.onSent;
    // One savepoint is open at a time: inTurn ensures that.
    if (parent) parent.#child = this;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The first query error of this scope, whether its callback caught it or not. */
  get failure(): unknown {
    return this.#failure?.error;
  }

  /** Whether this scope is `other` or a savepoint somewhere inside it. */
  isWithin(other: TransactionScope): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }

  /** @throws SignalboxError `TransactionEnded` */
  enter(): void {
    if (!this.#open) throw transactionEnded();
  }

  /** The result of `work`, or `TransactionEnded` as soon as the scope closes before that. */
  async whileOpen<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(transactionEnded());
      this.#onClose.add(stop);
      void work.then(resolve, reject).finally(() => this.#onClose.delete(stop));
    });
  }

  watch(finished: Promise<unknown>): void {
    this.#root.#statements++;
    this.#inFlight.add(finished);
    finished.then(
      () => this.#inFlight.delete(finished),
      (error: unknown) => {
        this.#inFlight.delete(finished);
        this.#failure ??= { error };
      },
    );
  }

  /** Makes `work` part of the commit: {@link finish} waits for it, and fails if it fails unhandled. */
  pend<T>(work: Promise<T>): ObservedPromise<T> {
    const observed = ObservedPromise.of(work);
    this.#pending.add(observed);
    return observed;
  }

  /** Runs `work` once no savepoint of this scope is open or about to open. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    while (this.#openSavepoints > 0) await this.#patiently(this.#savepoints, 'An emit');
    this.enter();
    return work();
  }

  /** Runs `work`, which opens a savepoint in this scope, once earlier savepoints have ended. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#savepoints;
    const turn = (this.#openSavepoints++ === 0 ? before : this.#patiently(before, 'A savepoint')).then(work);
    // If the wait ended in SavepointStuck, the savepoint before it is still open.
    this.#savepoints = Promise.all([before, turn.then(noop, noop)]).then(() => void this.#openSavepoints--);
    return turn;
  }

  /** A savepoint of this scope was kept: its callbacks and emissions now belong to this scope. */
  keep(child: TransactionScope): void {
    this.afterCommit.push(...child.afterCommit);
    this.emissions.push(...child.emissions);
    if (child.emitted) (this.emitted ??= []).push(...child.emitted);
    this.xid ??= child.xid;
  }

  /**
   * Ends the scope before its COMMIT: waits for all that is under way, then closes.
   * @throws the error of an emit that was not awaited; SignalboxError `TransactionFailed` for a swallowed query error
   */
  async finish(): Promise<void> {
    for (;;) {
      if (this.#openSavepoints > 0) await this.#patiently(this.#savepoints, 'The end of the transaction');
      else if (this.#pending.size > 0) await this.#settlePending();
      else if (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
      else break;
    }
    if (this.#failure)
      throw new SignalboxError(
        'TransactionFailed',
        'A query of this transaction failed and its error was caught, but PostgreSQL keeps nothing of a transaction in which a query failed. ' +
          'Let the error pass, or run that query in a savepoint: tx.transaction(...).',
        { cause: this.#failure.error },
      );
    this.close();
  }

  /** Ends the scope and the savepoint open inside it. No statement passes from now on. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#child?.close();
    for (const stop of this.#onClose) stop();
  }

  /** The driver has ended the transaction, or the connection is lost, even if the callback still runs. */
  lose(error?: unknown): void {
    this.#lost = true;
    if (error !== undefined) this.#failure ??= { error };
    for (const tell of this.#onLoss) tell();
    this.close();
  }

  get isLost(): boolean {
    return this.parent ? this.parent.isLost : this.#lost;
  }

  /** Resolves when the transaction is lost, after `withinMs` at the latest. */
  async loss(withinMs: number): Promise<void> {
    if (this.parent) return this.parent.loss(withinMs);
    if (this.#lost) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onLoss.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * Ends the scope before its ROLLBACK: closes, then waits until no savepoint is left. The ROLLBACK TO of a savepoint
   * would otherwise reach the connection when it already has another user.
   */
  async abandon(): Promise<void> {
    this.isUndone = true;
    this.close();
    while (this.#openSavepoints > 0) await this.#savepoints;
  }

  get #root(): TransactionScope {
    return this.parent ? this.parent.#root : this;
  }

  /** Whether a statement is under way in this scope, or in the savepoint open inside it. */
  get #isBusy(): boolean {
    return this.#inFlight.size > 0 || (this.#child !== undefined && this.#child.#isBusy);
  }

  /** Waits for `work`, as long as the connection is in use. @throws SignalboxError `SavepointStuck` */
  #patiently<T>(work: Promise<T>, waiting: string): Promise<T> {
    const root = this.#root;
    return whileInUse(work, waiting, () => (root.#isBusy ? undefined : root.#statements));
  }

  async #settlePending(): Promise<void> {
    for (const emit of this.#pending) {
      const ended = emit.outcome();
      const outcome = await (emit.isSettled ? ended : this.#patiently(ended, 'The end of the transaction'));
      this.#pending.delete(emit);
      if (!outcome.ok && !emit.observed) throw outcome.error;
    }
  }
}

const noop = (): void => {};

export function transactionEnded(): SignalboxError<'TransactionEnded'> {
  return new SignalboxError(
    'TransactionEnded',
    'The transaction has ended (it was committed, rolled back, timed out or lost its connection), so nothing can be run in it. Is a promise of the callback not awaited?',
  );
}
