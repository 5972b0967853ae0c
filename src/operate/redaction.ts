// What operators do not get to see: the option `redact` of a box, applied to everything that the read model returns, before the
// caller, the command line or a page has it.
import type { OptionTable, Rule } from '../core/options.ts';
import { REDACTED, redactJson, type Steps, touches } from '../core/redact.ts';
import { callable } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { DeliveryQuery } from '../store/operations/filter.ts';
import { DEEPEST_PATH } from './filter.ts';
import type { Delivery, DeliveryFailure } from '../store/operations/delivery.ts';

/** What is not shown of stored deliveries. It changes what operators read, not what is stored or what receivers get. */
export interface Redaction {
  /**
   * Paths in payloads, of any signal: names with a dot between, `*` for any name or position, as in `card.number` or
   * `items.*.iban`. All that lies behind a path is shown as `[redacted]`. Letters of any case are the same, and a position stands for
   * all positions. `'all'`: payloads are not shown. Default: nothing is redacted. Deliveries cannot be searched by what is redacted: each
   * search would tell whether a guess is right.
   */
  payload?: 'all' | readonly string[];
  /** Names of headers, or `'all'`. Default: nothing is redacted. */
  headers?: 'all' | readonly string[];
  /**
   * The texts of errors, which may quote payloads. `'all'`, the default of a box that redacts anything: messages and stacks are not
   * shown; name and code are. `'none'`: they are shown. A function gets each of these texts, and returns it without what must not be
   * seen; where it throws, or returns no text, the text is not shown. Unless it is `'none'`, deliveries are searched by the name of their
   * error alone.
   */
  errors?: 'all' | 'none' | ((text: string) => string);
}

const isStep = (step: string): boolean => step !== '';
const listOr = (wants: string, accepts: (text: string) => boolean): Rule => ({
  wants: `'all', or a list of ${wants}`,
  accepts: (value) => value === 'all' || (Array.isArray(value) && value.every((each) => typeof each === 'string' && accepts(each))),
});

export const REDACTION: OptionTable<Redaction> = {
  payload: listOr(
    "paths such as 'card.number' or 'items.*.iban'",
    (path) => path.split('.').every(isStep) && path.split('.').length <= DEEPEST_PATH,
  ),
  headers: listOr('names of headers', isStep),
  errors: { wants: "'all', 'none', or a function", accepts: (value) => value === 'all' || value === 'none' || callable.accepts(value) },
};

/** Takes out of what was read what must not be shown. */
export class Redactor {
  readonly #payload: readonly Steps[];
  readonly #headers: readonly Steps[];
  readonly #errors: NonNullable<Redaction['errors']>;

  constructor(redaction: Redaction | undefined) {
    const { payload = [], headers = [], errors = redaction ? 'all' : 'none' } = redaction ?? {};
    this.#payload = payload === 'all' ? [[]] : payload.map((path) => path.split('.'));
    this.#headers = headers === 'all' ? [[]] : headers.map((name) => [name]);
    this.#errors = errors;
  }

  /** Whether texts of errors are shown as they are stored. */
  get showsErrors(): boolean {
    return this.#errors === 'none';
  }

  payload(json: string): string {
    return redactJson(json, this.#payload);
  }

  headers(json: string): string {
    return redactJson(json, this.#headers);
  }

  /** A message or a stack. */
  text(text: string): string {
    if (this.#errors === 'none') return text;
    if (this.#errors === 'all') return REDACTED;
    try {
      const redacted: unknown = this.#errors(text);
      return typeof redacted === 'string' ? redacted : REDACTED;
    } catch {
      return REDACTED;
    }
  }

  /** Name or code of an error: shown, unless a function takes something out of it. */
  word(text: string): string {
    return this.#errors === 'all' ? text : this.text(text);
  }

  failure<F extends DeliveryFailure & { readonly stack?: string | undefined }>(failure: F): F {
    const { name, message, code, stack } = failure;
    return {
      ...failure,
      name: this.word(name),
      message: this.text(message),
      code: code === undefined ? undefined : this.word(code),
      ...('stack' in failure && { stack: stack === undefined ? undefined : this.text(stack) }),
    };
  }

  delivery<D extends Delivery>(delivery: D): D {
    return this.showsErrors ? delivery : { ...delivery, errors: delivery.errors.map((failure) => this.failure(failure)) };
  }

  /**
   * The query as it may be asked: an answer would tell whether a guess at what is redacted is right.
   * @throws SignalboxError `InvalidOption` for a path in the payload that is redacted
   */
  query(query: DeliveryQuery, subject: string): DeliveryQuery {
    const { payload, error, ...rest } = query;
    if (payload && touches(this.#payload, payload.path))
      throw new SignalboxError(
        'InvalidOption',
        `${subject}: payload.path is ${payload.path.join('.')}, which this box redacts (option redact of createSignalbox). Search by another path: this one would tell its values.`,
      );
    return { ...rest, ...(payload && { payload }), ...(error && { error: this.showsErrors ? error : { name: error.name } }) };
  }
}
