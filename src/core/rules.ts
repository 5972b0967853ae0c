// The rules that tables of options (options.ts) are made of. Each rule is a value.
import { DAY_MS, type Duration, msOf } from './duration.ts';
import { nearest, type OptionTable, type Rule } from './options.ts';

const rule = (wants: string, accepts: Rule['accepts']): Rule => ({ wants, accepts });

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Accepts any value: for options that are checked where more is known of them. */
export const anything: Rule = rule('it', () => true);

export const flag: Rule = rule('true or false', (value) => typeof value === 'boolean');

export const callable: Rule = rule('a function', (value) => typeof value === 'function');

/** A word or two: no empty text. */
export const text: Rule = rule('a text', (value) => isText(value) && value !== '');

/** Names are stored, indexed and printed: short, without spaces or control characters. */
export const storedName: Rule = rule(
  'a text of 1 to 200 characters without spaces or control characters',
  (value) => isText(value) && value.length > 0 && value.length <= 200 && !/[\s\p{C}]/u.test(value),
);

/** Stored, and compared as it is. */
export const dedupeKey: Rule = rule(
  'a text of 1 to 500 characters without control characters',
  (value) => isText(value) && value.length > 0 && value.length <= 500 && !/\p{C}/u.test(value),
);

/** The schema in which the tables lie, unless the application names another. */
export const DEFAULT_SCHEMA = 'signalbox';

/** A name that SQL takes without quotes, at most as long as PostgreSQL keeps, of a schema that drizzle-kit can make. */
export const schemaName: Rule = rule(
  'the name of a PostgreSQL schema of its own: 1 to 63 lower-case letters, digits and underscores, a letter or underscore first; not public, information_schema or pg_…',
  (value) =>
    isText(value) &&
    /^[a-z_][a-z0-9_]{0,62}$/.test(value) &&
    !value.startsWith('pg_') &&
    value !== 'public' &&
    value !== 'information_schema',
);

export const uuid: Rule = rule('a UUID, as `emissionId` of the receipt', (value) => isText(value) && UUID.test(value));
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A bigint as text. */
export const rowId: Rule = rule('the id of a delivery, a text of digits', (value) => isText(value) && /^\d{1,18}$/.test(value));

export const object = (wants: string): Rule => rule(wants, (value) => isObject(value) && !Array.isArray(value));

export const abortSignal: Rule = rule(
  'an AbortSignal',
  (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value && typeof value.addEventListener === 'function',
);

export const whole = (least: number, most: number): Rule =>
  rule(`a whole number from ${least} to ${most}`, (value) => Number.isInteger(value) && isWithin(value as number, least, most));

export const number = (least: number, most: number): Rule =>
  rule(`a number from ${least} to ${most}`, (value) => isNumber(value) && isWithin(value, least, most));

const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** One of a few values; texts of them are guessed. */
export function oneOf(...values: readonly (string | boolean)[]): Rule {
  const words = values.filter(isText);
  const quoted = values.map((value) => (isText(value) ? `'${value}'` : String(value)));
  return {
    wants: quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`,
    accepts: (value) => values.includes(value as string),
    guess: (value) => quote(isText(value) ? nearest(value, words) : undefined),
  };
}

const quote = (word: string | undefined): string | undefined => (word === undefined ? undefined : `'${word}'`);

/** A list, each item of which `item` accepts. */
export const listOf = (what: string, item: Rule = anything): Rule => ({
  wants: `a list of ${what}`,
  accepts: (value) => Array.isArray(value) && value.every((each) => item.accepts(each)),
  guess: (value) => (Array.isArray(value) ? item.guess?.(value.find((each) => !item.accepts(each))) : undefined),
});

interface Limits {
  readonly least?: Duration;
  readonly most?: Duration;
}

/** A duration within limits. It may be long, because no timer of this process waits for it. */
export const duration = ({ least = 0, most = '3650d' }: Limits = {}): Rule => durationWithin(least, msOf(most)!, String(most));

/**
 * The longest time of a timer of Node: it treats anything longer as no time at all, which makes a hot loop of a long
 * pause.
 */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A duration that a timer waits for. */
export const timer = ({ least = 0 }: Pick<Limits, 'least'> = {}): Rule => durationWithin(least, LONGEST_TIMER_MS, '24.8 days');

function durationWithin(least: Duration, mostMs: number, most: string): Rule {
  const leastMs = msOf(least)!;
  const limits = leastMs === 0 ? `${most} at most` : `from ${least} to ${most}`;
  return rule(`milliseconds or a text such as '30s', '5m' or '2h', ${limits}`, (value) => {
    const ms = msOf(value);
    return ms !== undefined && isWithin(ms, leastMs, mostMs);
  });
}

/** Objects with options of their own. */
export const bag = <Bag>(wants: string, table: OptionTable<Bag>): Rule => ({ ...object(wants), table });

/** A Date, also of another realm, that PostgreSQL can store and that is no obvious mistake. */
export const date: Rule = rule('a valid Date from the years 1970 to 9999', (value) => {
  if (Object.prototype.toString.call(value) !== '[object Date]') return false;
  const ms = (value as Date).getTime();
  return ms >= 0 && ms < YEAR_10000_MS;
});
const YEAR_10000_MS = 2_932_897 * DAY_MS;
