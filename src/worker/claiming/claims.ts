// Claims deliveries for one worker: of which receivers, in which order, under which lease.
import type { Receiver } from '../../core/receivers.ts';
import type { Lease } from '../../liveness/lease.ts';
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { Claimable, ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { DeliveriesStore } from '../../store/deliveries/deliveries.ts';
import type { Pauses } from '../running/pauses.ts';
import { groupsOf } from './batching.ts';
import type { ScanWindow } from './scan-window.ts';
import { backloggedAfter, runningOrder, serviceOrder } from './service-order.ts';

export interface ClaimsParts {
  readonly store: Pick<DeliveriesStore, 'claim' | 'claimEmissions' | 'hasSuspect' | 'heldDeliveries' | 'release'>;
  readonly catalogue: Pick<Catalogue, 'announce' | 'entries'>;
  readonly lease: Pick<Lease, 'workerId'>;
  readonly pauses: Pick<Pauses, 'isEmpty' | 'allowance' | 'probing' | 'waitMs' | 'holdsBack'>;
  /** Default: all. */
  readonly queues?: readonly string[] | undefined;
  /** The name of the only receiver. Default: all. */
  readonly only?: string | undefined;
  /** Of a worker that claims again and again. */
  readonly scanWindow?: ScanWindow | undefined;
}

export interface ClaimOptions {
  /** Takes also deliveries that are due within this time. */
  readonly aheadMs?: number;
  /** Nothing else runs, so that a suspect may be taken. */
  readonly suspects?: boolean;
}

/** The result of a claim. */
export interface ClaimResult {
  /** In the order in which they are to run. */
  readonly deliveries: readonly ClaimedDelivery[];
  /** The claim may have left something that is due. A claim that takes a suspect takes nothing else. */
  readonly mayHaveMore: boolean;
  /** The claim looked for all that is due, however long it has been due. */
  readonly scannedAll: boolean;
  /** The time until a claim scans all. */
  readonly untilFullScanMs: number;
  /** The claim would have taken a suspect. */
  readonly allowedSuspects: boolean;
}

/** The receivers of one claim. */
interface Wanted {
  readonly claimable: readonly Claimable[];
  /** Paused receivers of which the claim may take one delivery. What it takes of a receiver that is paused meanwhile is released. */
  readonly probed: ReadonlySet<Receiver>;
}

const NONE: ReadonlySet<Receiver> = new Set();

export class Claims {
  readonly #parts: ClaimsParts;
  /** Counts the claims. */
  #turn = 0;
  /** When a claim last asked which receivers are paused. */
  #askedAt = 0;
  /** Receivers of which the last claim may have left some. */
  #backlogged: ReadonlySet<number> = new Set();

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
  }

  /** The largest number of deliveries in one call of a receiver; 0 if none takes batches. */
  get largestBatch(): number {
    return Math.max(0, ...this.#entries().map(([, { batch = 0 }]) => batch));
  }

  /** The largest number of deliveries that share one transaction, of those of one receiver. */
  largestShare(most: (receiver: Receiver) => number): number {
    return Math.max(1, ...this.#entries().map(([, receiver]) => most(receiver)));
  }

  /** The time until a paused receiver may be probed that could not be at the last claim. */
  get probeInMs(): number {
    const { pauses } = this.#parts;
    return pauses.isEmpty ? Infinity : pauses.waitMs(this.#askedAt, performance.now());
  }

  /** Groups claimed deliveries into calls of receivers. */
  groups(claimed: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
    const entries = this.#parts.catalogue.entries();
    return groupsOf(claimed, ({ receiverId }) => entries.get(receiverId));
  }

  /** Takes up to `free` due deliveries. */
  async take(free: number, options: ClaimOptions = {}): Promise<ClaimResult> {
    const { catalogue, scanWindow } = this.#parts;
    // Receivers may have been connected since the worker started.
    await catalogue.announce();
    const { claimable, probed } = this.#wanted(free);
    const all = scanWindow?.isFullScanDue(performance.now()) ?? true;
    const claimed = claimable.length === 0 ? [] : await this.#claim(claimable, free, all, options);
    this.#backlogged = backloggedAfter(claimed, claimable, free, this.#backlogged);
    this.#noteProbes(claimed, probed);
    const entries = catalogue.entries();
    return {
      deliveries: claimable.length < 2 ? claimed : runningOrder(claimed, (id) => entries.get(id)?.priority ?? 0),
      mayHaveMore: claimed.length > 0 && (claimed.length >= free || this.#backlogged.size > 0 || claimed[0]!.isSuspect),
      scannedAll: all,
      untilFullScanMs: scanWindow?.untilFullScanMs(performance.now()) ?? 0,
      allowedSuspects: options.suspects ?? false,
    };
  }

  /** Whether a suspect is due. */
  async hasSuspect(aheadMs = 0): Promise<boolean> {
    return this.#parts.store.hasSuspect(this.#wanted(1).claimable, aheadMs);
  }

  /** Takes the due deliveries of given emissions. */
  async takeOf(emissionIds: readonly string[]): Promise<readonly ClaimedDelivery[]> {
    const { store, catalogue, lease } = this.#parts;
    await catalogue.announce();
    const { claimable } = this.#wanted(1);
    return claimable.length === 0 ? [] : store.claimEmissions(lease.workerId, claimable, emissionIds);
  }

  /** The deliveries that this worker holds by the tables, whether it knows of them or not. */
  async held(): Promise<readonly ClaimRef[]> {
    return this.#parts.store.heldDeliveries(this.#parts.lease.workerId);
  }

  /** Releases deliveries that were not started. */
  async release(claims: readonly ClaimRef[]): Promise<void> {
    if (claims.length === 0) return;
    await this.#parts.store.release(claims.map(({ id, epoch, workerId }) => ({ id, epoch, workerId, delayMs: 0 })));
  }

  /** Whether a claimed delivery is to be released unrun: its receiver was paused meanwhile. */
  holdsBack(delivery: ClaimedDelivery): boolean {
    const { pauses, catalogue } = this.#parts;
    return !pauses.isEmpty && pauses.holdsBack(catalogue.entries().get(delivery.receiverId), delivery);
  }

  async #claim(claimable: readonly Claimable[], free: number, all: boolean, options: ClaimOptions): Promise<ClaimedDelivery[]> {
    const { store, lease, scanWindow } = this.#parts;
    const begun = performance.now();
    const wanted = all ? claimable : claimable.map((one) => ({ ...one, since: scanWindow!.startOf(one.receiverId) }));
    const claimed = await store.claim(lease.workerId, wanted, free, options);
    const now = performance.now();
    scanWindow?.scanned(claimed, { all, tookMs: now - begun, now });
    return claimed;
  }

  #noteProbes(claimed: readonly ClaimedDelivery[], probed: ReadonlySet<Receiver>): void {
    if (probed.size === 0) return;
    const { catalogue, pauses } = this.#parts;
    const entries = catalogue.entries();
    for (const delivery of claimed) {
      const receiver = entries.get(delivery.receiverId);
      if (receiver && probed.has(receiver)) pauses.probing(receiver, delivery);
    }
  }

  #wanted(free: number): Wanted {
    const claimable = serviceOrder(this.#entries(), free, this.#turn++, this.#backlogged);
    return this.#parts.pauses.isEmpty ? { claimable, probed: NONE } : this.#withoutPaused(claimable);
  }

  /** Leaves one of each paused receiver whose probe is due, even if it has several names. */
  #withoutPaused(inOrder: readonly Claimable[]): Wanted {
    const { catalogue, pauses } = this.#parts;
    const now = (this.#askedAt = performance.now());
    const entries = catalogue.entries();
    const probed = new Set<Receiver>();
    const claimable = inOrder.flatMap((one) => {
      const receiver = entries.get(one.receiverId)!;
      const allowance = probed.has(receiver) ? 0 : pauses.allowance(receiver, now);
      if (allowance === Infinity) return [one];
      if (allowance > 0) probed.add(receiver);
      return allowance > 0 ? [{ ...one, free: allowance }] : [];
    });
    return { claimable, probed };
  }

  /** The receivers that this worker serves. */
  #entries(): [id: number, receiver: Receiver][] {
    const { catalogue, queues, only } = this.#parts;
    return [...catalogue.entries()].filter(([, { queue, name }]) => (queues?.includes(queue) ?? true) && (only ?? name) === name);
  }
}
