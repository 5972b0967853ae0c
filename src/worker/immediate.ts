// Immediate mode: this worker without the waiting. After the outermost COMMIT, the transaction's own due deliveries run
// at once, in this process, breadth-first, once each, through the same claim, executor and settle as in production.
import { AsyncLocalStorage } from 'node:async_hooks';
import { SignalboxError } from '../errors.ts';
import { outcomeKind } from '../core/outcome.ts';
import type { ClaimedDelivery } from '../store/store.ts';
import { toldError } from '../core/told-error.ts';
import { apart } from '../observe/async-context.ts';
import type { RunResult, Runner } from './runner.ts';
import type { Visit } from './visit.ts';

/** What happens when receivers fail: the transaction call throws `ReceiverFailed`, or it is only recorded with the delivery. */
export type OnError = 'throw' | 'collect';

const MAX_DEPTH = 20;

/** Lends a lease and a runner for as long as `work` takes. */
export type WithVisit = <T>(work: (visit: Visit, runner: Runner) => Promise<T>) => Promise<T>;

export class Immediate {
  readonly #withVisit: WithVisit;
  readonly #onError: OnError;
  /** Set while receivers run: what they emit joins the run instead of starting one inside it. */
  readonly #current = new AsyncLocalStorage<{ next: string[] }>();

  constructor(withVisit: WithVisit, onError: OnError) {
    this.#withVisit = withVisit;
    this.#onError = onError;
  }

  /**
   * Runs the deliveries of committed emissions, and of those that they lead to.
   * @throws SignalboxError `ReceiverFailed`, unless errors are only collected; also then when the receivers could not be run
   */
  async afterCommit(emissionIds: readonly string[]): Promise<void> {
    if (emissionIds.length === 0) return;
    const current = this.#current.getStore();
    if (current) {
      current.next.push(...emissionIds);
      return;
    }
    const causes = await this.#withVisit((visit, runner) => this.#runAll(visit, runner, emissionIds)).catch((error: unknown) => {
      // Never as it is: who sees the error of a query takes the transaction for rolled back.
      throw new SignalboxError(
        'ReceiverFailed',
        `The transaction is committed, but not all of its receivers could be run: ${messageOf(error)}. What is left is run by drain() or a worker.`,
        { cause: error, details: { committed: true, causes: [error] } },
      );
    });
    if (causes.length === 0 || this.#onError === 'collect') return;
    throw new SignalboxError(
      'ReceiverFailed',
      `The transaction is committed, but ${causes.length === 1 ? 'a receiver' : `${causes.length} receivers`} failed: ${causes.map(messageOf).join('; ')}. A worker would try again; immediate mode runs each delivery once.`,
      { cause: causes[0], details: { committed: true, causes } },
    );
  }

  async #runAll(visit: Visit, runner: Runner, emissionIds: readonly string[]): Promise<unknown[]> {
    const causes: unknown[] = [];
    let level = emissionIds;
    for (let depth = 0; level.length > 0; depth++) {
      if (depth === MAX_DEPTH) {
        causes.push(
          new SignalboxError(
            'ImmediateDepthExceeded',
            `Receivers have emitted signals ${MAX_DEPTH} levels deep. Do two of them emit to each other for ever?`,
          ),
        );
        return causes;
      }
      const run = { next: [] as string[] };
      const heldBack: ClaimedDelivery[] = [];
      const { claims } = visit;
      for (const group of claims.groups(await visit.takeOf(level))) {
        if (claims.holdsBack(group[0]!)) {
          heldBack.push(...group);
          continue;
        }
        const results = await this.#current.run(run, () => apart(() => runner.run(group)));
        for (const result of results) if (isFailure(result)) causes.push(result.error);
      }
      await claims.giveBack(heldBack);
      level = run.next;
    }
    return causes;
  }
}

/** A delivery that was discarded, or that asked for later, did as it meant to. One that was released with an error could not be run. */
function isFailure({ ended, error }: RunResult): boolean {
  if (ended === 'released') return error !== undefined && outcomeKind(error) === undefined;
  return ended === 'dead' || (ended === 'ready' && outcomeKind(error) !== 'retryAfter');
}

const messageOf = (cause: unknown): string => toldError(cause).message;
