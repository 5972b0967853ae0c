// Reading deliveries: the one way for code, command line and pages. Every text that may hold what must not be seen goes through the
// redactor before it leaves.
import { SETTLED_STATES } from '../core/delivery.ts';
import { checkOptions, checkValue, type Rule } from '../core/options.ts';
import { rowId, uuid } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { Delivery } from '../store/operations/delivery.ts';
import { causeOf, type DetailsStore, type FoundDelivery } from '../store/operations/details.ts';
import type { DeliveryQuery } from '../store/operations/filter.ts';
import type { PageOrder, PagesStore, Position } from '../store/operations/pages.ts';
import { type Caused, causedOf, type EmissionCauseInfo } from './causes.ts';
import { cursorOf, positionOf, timeOf } from './cursor.ts';
import { type DeliveryFilter, queryOf, searched, STATES } from './filter.ts';
import { groupsOf, MESSAGE_CHARACTERS, startOf } from './groups.ts';
import { type DeadGroups, type DeliveryCount, type DeliveryPage, orderOf, PAGE_OPTIONS, type PageOptions } from './paging.ts';
import type { Redactor } from './redaction.ts';

/** The delivery of one receiver. */
export interface OneDelivery {
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** The stored name, or a former one. */
  readonly receiver: string;
}

/** A delivery with all that is known of it. */
export interface DeliveryDetails extends FoundDelivery {
  /** The other deliveries of its emission, 100 at most. */
  readonly siblings: readonly Delivery[];
  readonly moreSiblings: boolean;
}

/** An emission with its deliveries. */
export interface EmissionDetails {
  readonly id: string;
  /** Name of the signal. */
  readonly signal: string;
  /** Version of the payload's shape. */
  readonly version: number;
  /** The stored payload as JSON text, whose numbers keep all their digits. */
  readonly payload: string;
  /** The headers as JSON text; `undefined` without any. */
  readonly headers: string | undefined;
  /** By the database's clock. */
  readonly emittedAt: Date;
  /** The receiver that emitted it; `undefined` if none did. `box.emissions.caused` tells what it has caused itself. */
  readonly causedBy: EmissionCauseInfo | undefined;
  /** 100 at most. */
  readonly deliveries: readonly Delivery[];
  readonly moreDeliveries: boolean;
}

export const COUNTED = 1_000;
const GROUPED = 1_000;
const SIBLINGS = 100;
/** As long as a stored one can be: a text that is cut before it is redacted may keep half of what must not be seen. */
const WHOLE_MESSAGE = 4_000;

const IDEMPOTENCY_KEY = /^([0-9a-f-]{36}):(\d{1,18}):\d{1,10}$/i;

const anyId: Rule = {
  wants: 'the id of a delivery, an idempotency key, or an object with emissionId and receiver',
  accepts: (value) => typeof value === 'string' && (rowId.accepts(value) || keyOf(value) !== undefined),
};

const emissionOrKey: Rule = {
  wants: 'the id of an emission, a UUID, or an idempotency key',
  accepts: (value) => uuid.accepts(value) || (typeof value === 'string' && keyOf(value) !== undefined),
};

/** The emission and the delivery of an idempotency key: what another system has in hand. */
function keyOf(text: string): { readonly emissionId: string; readonly id: string } | undefined {
  const [, emissionId = '', id = ''] = IDEMPOTENCY_KEY.exec(text) ?? [];
  return uuid.accepts(emissionId) ? { emissionId, id } : undefined;
}

export class Reads {
  readonly #pages: PagesStore;
  readonly #details: DetailsStore;
  readonly #redactor: Redactor;

  constructor(pages: PagesStore, details: DetailsStore, redactor: Redactor) {
    this.#pages = pages;
    this.#details = details;
    this.#redactor = redactor;
  }

  async page(filter: DeliveryFilter, options: PageOptions): Promise<DeliveryPage> {
    const subject = 'deliveries.page';
    const query = this.queryOf(filter, subject);
    checkOptions(options, PAGE_OPTIONS, subject);
    const order = orderOf(query, options.order, subject);
    const from = options.cursor === undefined ? undefined : positionOf(options.cursor, order, subject);
    const { found, next, cutAt } = await this.#pages.page(query, order, from, options.limit ?? 100);
    return {
      deliveries: found.map((delivery) => this.#redactor.delivery(delivery)),
      cursor: next && cursorOf(order, next),
      lookedTo: this.#timeOf(order, cutAt),
    };
  }

  async count(filter: DeliveryFilter): Promise<DeliveryCount> {
    const query = this.queryOf(filter, 'deliveries.count');
    const order = orderOf(query, undefined, 'deliveries.count');
    const { count, more, cutAt } = await this.#pages.count(query, order, COUNTED);
    return { count, more, lookedTo: this.#timeOf(order, cutAt) };
  }

  async groups(filter: DeliveryFilter): Promise<DeadGroups> {
    const query = { ...this.queryOf(filter, 'deliveries.groups'), states: ['dead'] as const };
    const redactor = this.#redactor;
    const { found, next } = await this.#pages.dead(query, GROUPED, redactor.showsErrors ? MESSAGE_CHARACTERS : WHOLE_MESSAGE);
    const rows = found.map((row) => {
      const name = row.name === null ? null : redactor.word(row.name);
      const message = row.message === null ? null : redactor.text(row.message);
      // Only what is stored is found: not what a redaction has made of it.
      const start = redactor.showsErrors ? startOf(message ?? '') : '';
      const stored = name === row.name ? (name ?? '') : '';
      return { ...row, name, message, search: start || stored };
    });
    return { groups: groupsOf(rows), grouped: found.length, more: next !== undefined };
  }

  async get(which: OneDelivery | string): Promise<DeliveryDetails> {
    const { emissionId, receiver } = await this.#placeOf(which);
    const found = await this.#details.delivery(emissionId, receiver);
    if (!found)
      throw new SignalboxError(
        'DeliveryNotFound',
        `deliveries.get: emission ${emissionId} has no delivery of ${typeof receiver === 'string' ? receiver : 'this receiver'}. Its transaction has not committed yet or was rolled back, the receiver was announced later, or the row was pruned.`,
      );
    const { found: all, next } = await this.#pages.ofEmission(emissionId, STATES, SIBLINGS + 1);
    const siblings = all.filter(({ id }) => id !== found.id);
    const { payload, headers } = found;
    return {
      ...this.#redactor.delivery(found),
      payload: payload === undefined ? undefined : this.#redactor.payload(payload),
      headers: headers === undefined ? undefined : this.#redactor.headers(headers),
      siblings: siblings.slice(0, SIBLINGS).map((delivery) => this.#redactor.delivery(delivery)),
      moreSiblings: siblings.length > SIBLINGS || next !== undefined,
    };
  }

  async emission(idOrKey: string): Promise<EmissionDetails> {
    checkValue(idOrKey, emissionOrKey, 'emissions.get', 'the emission');
    const id = (keyOf(idOrKey)?.emissionId ?? idOrKey).toLowerCase();
    const row = await this.#details.emission(id);
    if (!row)
      throw new SignalboxError(
        'EmissionNotFound',
        `emissions.get: there is no emission ${id}. Its transaction has not committed yet or was rolled back, the id is of another database, or the row was pruned.`,
      );
    const { found, next } = await this.#pages.ofEmission(id, STATES, SIBLINGS);
    return {
      id,
      signal: row.signal,
      version: row.version,
      payload: this.#redactor.payload(row.payload),
      headers: row.headers === null ? undefined : this.#redactor.headers(row.headers),
      emittedAt: new Date(row.emitted_at_ms),
      causedBy: causeOf(row),
      deliveries: found.map((delivery) => this.#redactor.delivery(delivery)),
      moreDeliveries: next !== undefined,
    };
  }

  /** What an emission has caused. There may be no such emission any more. */
  async caused(emissionId: string): Promise<Caused> {
    checkValue(emissionId, uuid, 'emissions.caused', 'the emission');
    return causedOf(this.#details, emissionId.toLowerCase());
  }

  /** The settled deliveries of an emission. */
  async settledOf(emissionId: string): Promise<Delivery[]> {
    const { found } = await this.#pages.ofEmission(emissionId, SETTLED_STATES, 1_000);
    return found.map((delivery) => this.#redactor.delivery(delivery));
  }

  /**
   * The query of a filter that may be asked. For acts, too: what may not be searched by may not be acted by.
   * @throws SignalboxError `InvalidOption`
   */
  queryOf(filter: DeliveryFilter, subject: string): DeliveryQuery {
    return this.#redactor.query(queryOf(filter, subject), subject);
  }

  async #placeOf(which: OneDelivery | string): Promise<{ readonly emissionId: string; readonly receiver: string | number }> {
    if (typeof which === 'object' && which !== null) {
      const { emissionId, receiver } = which;
      checkValue(emissionId, uuid, 'deliveries.get', 'emissionId');
      checkValue(receiver, searched, 'deliveries.get', 'receiver');
      return which;
    }
    checkValue(which, anyId, 'deliveries.get', 'the delivery');
    const key = keyOf(which);
    const place = key
      ? ((await this.#details.locateSibling(key.emissionId, key.id)) ?? { backTo: undefined })
      : await this.#details.locate(which);
    if ('emissionId' in place) return { emissionId: place.emissionId, receiver: place.receiverId };
    const looked = place.backTo ? `, of which the 50,000 latest were looked at, back to ${place.backTo.toISOString()}` : '';
    throw new SignalboxError(
      'DeliveryNotFound',
      `deliveries.get: there is no delivery ${which} among those that wait, that have failed, or that are settled${looked}. It was pruned, or the id is of another database${place.backTo ? ', or it is older: name its emission and receiver' : ''}.`,
    );
  }

  #timeOf(order: PageOrder, at: Position | undefined): Date | undefined {
    return at && timeOf(order, at);
  }
}
