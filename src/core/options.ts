// Checks bags of options: one table for each bag has a rule for each option (rules.ts). JavaScript and casts let an
// unknown option and an invalid value through; both are refused here.
import { SignalboxError } from '../errors.ts';

/** The requirement on the value of an option. */
export interface Rule {
  /** The text that follows "Give": `a whole number from 1 to 100`. */
  readonly wants: string;
  readonly accepts: (value: unknown) => boolean;
  /** The value that was most likely meant by one that is not accepted. */
  readonly guess?: (value: unknown) => string | undefined;
  /** The options that the value, an object, may have. */
  readonly table?: Table;
}

type Table = Readonly<Record<string, Rule>>;

/** A rule for each option of `Bag`: the compiler refuses a table that lacks one. */
export type OptionTable<Bag> = { readonly [Option in keyof Bag]-?: Rule };

interface Terms {
  /** Options that must be there. */
  readonly required?: readonly string[];
  readonly code?: 'InvalidOption' | 'InvalidSignal';
}

/**
 * Refuses options that are not in `table`, and values that break its rules. An option that is `undefined` counts as not
 * given.
 * @param subject the owner of the options, in messages
 * @throws SignalboxError `InvalidOption`, or the code of `terms`
 */
export function checkOptions(given: unknown, table: Table, subject: string, { required = [], code = 'InvalidOption' }: Terms = {}): void {
  const complaint = complaintOf(given, table, '') ?? missing(given, table, required);
  if (complaint !== undefined) throw new SignalboxError(code, `${subject}: ${complaint}.`);
}

/** Refuses one value. @throws SignalboxError `InvalidOption` */
export function checkValue(value: unknown, rule: Rule, subject: string, name: string): void {
  if (!rule.accepts(value)) throw new SignalboxError('InvalidOption', `${subject}: ${refusalOf(value, rule, name)}.`);
}

function complaintOf(given: unknown, table: Table, path: string): string | undefined {
  if (given === undefined) return undefined;
  if (!isBag(given)) return `its options are ${show(given)}. Give an object with ${namesOf(table)}`;
  for (const option of Object.keys(given)) {
    if (!Object.hasOwn(table, option)) return unknownOption(given, table, path);
    const value = given[option];
    const rule = table[option]!;
    if (value === undefined) continue;
    if (!rule.accepts(value)) return refusalOf(value, rule, path + option);
    const inner = rule.table && isBag(value) && complaintOf(value, rule.table, `${path}${option}.`);
    if (inner) return inner;
  }
  return undefined;
}

function missing(given: unknown, table: Table, required: readonly string[]): string | undefined {
  const option = required.find((name) => (given as Readonly<Record<string, unknown>> | undefined)?.[name] === undefined);
  return option === undefined ? undefined : `${option} is missing. Give ${table[option]!.wants}`;
}

function unknownOption(given: object, table: Table, path: string): string {
  const unknown = Object.keys(given).filter((option) => !Object.hasOwn(table, option));
  const meant = unknown.flatMap((option) => nearest(option, Object.keys(table)) ?? []).map((option) => path + option);
  return `there is no option ${unknown.map((option) => path + option).join(', ')}.${ask(meant)} The options are ${namesOf(table)}`;
}

function refusalOf(value: unknown, rule: Rule, name: string): string {
  const meant = rule.guess?.(value);
  return `${name} is ${show(value)}.${ask(meant === undefined ? [] : [meant])} Give ${rule.wants}`;
}

const ask = (meant: readonly string[]): string => (meant.length === 0 ? '' : ` Did you mean ${meant.join(', ')}?`);

const namesOf = (table: Table): string => Object.keys(table).join(', ');

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_CHARACTERS = 60;

/** A value as messages show it: short, and without the content of an object that is not plain. */
export function show(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (isDate(value) || (typeof value !== 'object' && typeof value !== 'string')) return plainly(value);
  const text = typeof value === 'string' || isSimple(value) ? json(value) : undefined;
  if (text !== undefined && text.length <= SHOWN_CHARACTERS) return text;
  if (typeof value === 'string') return `${text!.slice(0, SHOWN_CHARACTERS)}…`;
  return Array.isArray(value) ? 'a list' : `an object with ${Object.keys(value!).slice(0, 5).join(', ') || 'no members'}`;
}

const plainly: (value: unknown) => string = String;

const isDate = (value: unknown): value is Date => Object.prototype.toString.call(value) === '[object Date]';

/** JSON would show it in full. */
function isSimple(value: object | null): boolean {
  const prototype: unknown = value === null ? null : Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return Object.values(value ?? {}).every((inside) => typeof inside !== 'function');
}

function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/**
 * The one of `words` that `word` was most likely meant to be: at most a third of it is mistyped, or it is the
 * beginning.
 */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(word.length / 3)) + 1;
  let best: string | undefined;
  let least = far;
  for (const candidate of words) {
    const steps = distance(word.toLowerCase(), candidate.toLowerCase(), far);
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best ?? (word.length > 2 ? words.find((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase())) : undefined);
}

/**
 * Letters to insert, remove, replace, or swap with the next one, to make `b` of `a`; `far` stands for that and more.
 */
function distance(a: string, b: string, far: number): number {
  if (Math.abs(a.length - b.length) >= far || a.length > 100) return far;
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + (same ? 0 : 1));
      row[j] = swapped ? Math.min(steps, older[j - 2]! + 1) : steps;
    }
    [older, old] = [old, row];
  }
  return old[b.length]!;
}
