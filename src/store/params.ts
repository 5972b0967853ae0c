// How lists travel to the server: as the text of an array. And the order in which all statements lock several deliveries.

export const intArray = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;

/** Of values without commas, quotes and braces: ids, states. */
export const textArray = (texts: readonly string[]): string => `{${texts.join(',')}}`;

/** Of any values. */
export const quotedArray = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** Orders by id. Ids are bigints as text: the longer one is the larger one. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
