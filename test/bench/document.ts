// Puts the measurements into a page of the documentation, between two comments, and leaves the rest of the page alone.

const marker = (name: string, end: 'begins' | 'ends'): string => `<!-- bench: ${name} ${end} -->`;

/** @throws if the page has no place of that name */
export function fillIn(page: string, name: string, content: string): string {
  const [from, to] = [marker(name, 'begins'), marker(name, 'ends')];
  const start = page.indexOf(from);
  const end = page.indexOf(to);
  if (start === -1 || end < start) throw new Error(`The page has no ${from} that is followed by ${to}.`);
  return `${page.slice(0, start + from.length)}\n\n${content.trim()}\n\n${page.slice(end)}`;
}
