// Immediate mode: a worker without the waiting. After the outermost COMMIT, the transaction's own due deliveries run
// at once, in this process, breadth-first, once each, through the same claim and steps of a run as in production.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ErrorDetails, SignalboxError } from '../errors.ts';
import { outcomeKind } from '../core/outcome.ts';
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';
import { errorReport } from '../core/error-report.ts';
import { apart } from '../observe/async-context.ts';
import type { RunResult } from './running/run-result.ts';
import type { Runner } from './running/runner.ts';
import type { TemporaryWorker, TemporaryWorkerOptions } from './temporary-worker.ts';

/** The reaction to failed receivers: the transaction call throws `ReceiverFailed`, or the failure is only recorded. */
export type OnFailure = 'throw' | 'collect';

const MAX_DEPTH = 20;

/** A receiver that failed, and why. */
type Failure = ErrorDetails<'ReceiverFailed'>['failures'][number];

/** The receivers of one level. */
interface Run {
  /** Emissions whose deliveries come next. */
  readonly next: string[];
  isOver: boolean;
}

/** Lends a lease and a runner for as long as `work` takes. */
export type WithTemporaryWorker = <T>(
  work: (worker: TemporaryWorker, runner: Runner) => Promise<T>,
  only?: TemporaryWorkerOptions['only'],
) => Promise<T>;

export class Immediate {
  readonly #withTemporaryWorker: WithTemporaryWorker;
  readonly #onFailure: OnFailure;
  /** Set while receivers run: what they emit joins the run instead of starting one inside it. */
  readonly #current = new AsyncLocalStorage<Run>();

  constructor(withTemporaryWorker: WithTemporaryWorker, onFailure: OnFailure) {
    this.#withTemporaryWorker = withTemporaryWorker;
    this.#onFailure = onFailure;
  }

  /**
   * Runs the deliveries of committed emissions, and of those that they lead to.
   * @throws SignalboxError `ReceiverFailed`, unless errors are only collected; also then when the receivers could not be run
   */
  async afterCommit(emissionIds: readonly string[]): Promise<void> {
    if (emissionIds.length === 0) return;
    const current = this.#current.getStore();
    // Code that a receiver left running may commit when the run is over: that commit begins a run of its own.
    if (current && !current.isOver) return void current.next.push(...emissionIds);
    const failures = await this.#withTemporaryWorker((worker, runner) => this.#runAll(worker, runner, emissionIds)).catch(
      (error: unknown) => {
        // Never as it is: a caller that sees the error of a query takes the transaction for rolled back.
        throw new SignalboxError(
          'ReceiverFailed',
          `The transaction is committed, but not all of its receivers could be run: ${errorReport(error).message}. What is left is run by drain() or a worker.`,
          { cause: error, details: { committed: true, causes: [error], failures: [] } },
        );
      },
    );
    if (failures.length === 0 || this.#onFailure === 'collect') return;
    const causes = failures.map(({ cause }) => cause);
    throw new SignalboxError(
      'ReceiverFailed',
      `The transaction is committed, but ${tellFailures(failures)}. A worker would try again; immediate mode runs each delivery once.`,
      { cause: causes[0], details: { committed: true, causes, failures } },
    );
  }

  async #runAll(worker: TemporaryWorker, runner: Runner, emissionIds: readonly string[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    /** The receivers that ran in the deeper half, which contains each circle of up to ten. */
    const deep = new Set<string>();
    let level = emissionIds;
    for (let depth = 0; level.length > 0; depth++) {
      if (depth === MAX_DEPTH) return [...failures, tooDeep([...deep])];
      const run: Run = { next: [], isOver: false };
      const heldBack: ClaimedDelivery[] = [];
      const { claims } = worker;
      for (const group of claims.groups(await worker.takeOf(level))) {
        if (claims.holdsBack(group[0]!)) {
          heldBack.push(...group);
          continue;
        }
        const results = await this.#current.run(run, () => apart(() => runner.run(group)));
        for (const [index, result] of results.entries()) {
          if (depth >= MAX_DEPTH / 2) deep.add(result.receiver);
          if (isFailure(result)) failures.push({ receiver: result.receiver, deliveryId: group[index]!.id, cause: result.error });
        }
      }
      await claims.release(heldBack);
      run.isOver = true;
      level = run.next;
    }
    return failures;
  }
}

/** A message names no more of them than this. */
const MOST_TOLD = 5;

function tellFailures(failures: readonly Failure[]): string {
  const told = failures.slice(0, MOST_TOLD).map(({ receiver, cause }) => `${receiver} failed: ${errorReport(cause).message}`);
  return [...told, ...(failures.length > MOST_TOLD ? [`${failures.length - MOST_TOLD} more failed`] : [])].join('; ');
}

function tooDeep(receivers: readonly string[]): Failure {
  const cause = new SignalboxError(
    'ImmediateDepthExceeded',
    `Receivers have emitted signals ${MAX_DEPTH} levels deep. Do some of these emit to each other for ever: ${receivers.slice(0, MOST_TOLD * 2).join(', ')}?`,
    { details: { receivers } },
  );
  return { receiver: receivers.at(-1) ?? '', deliveryId: undefined, cause };
}

/** A receiver that discards its delivery, or asks for it later, has not failed. A delivery released with an error could not be run. */
function isFailure({ ended, error }: RunResult): boolean {
  if (ended === 'released') return error !== undefined && outcomeKind(error) === undefined;
  return ended === 'dead' || (ended === 'ready' && outcomeKind(error) !== 'retryAfter');
}
