// Parameters that are lists: they are sent as the text of an array. Also the order in which all statements lock
// deliveries.

export const intArray = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;

/** A list of values without commas, quotes and braces: ids, states. */
export const textArray = (texts: readonly string[]): string => `{${texts.join(',')}}`;

/** A list of any values. */
export const quotedArray = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** Orders by id. Ids are bigints as text: the longer one is the larger one. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
