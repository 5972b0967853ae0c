// Markup as text that can only be made of escaped parts: what a picture shows comes from rows, so a plain string is no markup until it has
// gone through `text`. Attributes are escaped by `element`. Control characters are shown, for XML has no way to write them.
import { oneLine } from '../core/visible.ts';

declare const MARKUP: unique symbol;

/** Text that is safe to put into a page or an SVG file as it is. */
export type Markup = string & { readonly [MARKUP]: true };

/** `undefined` leaves the attribute out. Numbers are written with two decimals at most. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Half of a surrogate pair, and the two code points that XML forbids beyond control characters. */
const NO_CHARACTER = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escapedText = (value: string): string =>
  oneLine(value)
    .replace(NO_CHARACTER, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** Any text, as markup. */
export const text = (value: string): Markup => escapedText(value) as Markup;

/** @param name of the element, from code: never from a row */
export function element(name: string, attributes: Attributes, ...children: readonly Markup[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escapedText(value!)}"`)
    .join('');
  const content = children.join('');
  return (content === '' && !PAIRED.has(name) ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`) as Markup;
}

/** Elements of HTML that have no short form: a reader of HTML would take `<td/>` for an open one. */
const PAIRED = new Set([
  'figure',
  'figcaption',
  'div',
  'span',
  'details',
  'summary',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'caption',
  'style',
  'a',
]);

/** Parts one after the other. */
export const joined = (parts: readonly Markup[]): Markup => parts.join('') as Markup;

/** A number of a drawing: a hundredth of a unit is less than a pixel shows. */
export const rounded = (value: number): string => String(Math.round(value * 100) / 100);
