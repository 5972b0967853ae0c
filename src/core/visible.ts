// Text from rows, messages and errors, made safe for a terminal and for a page: its control characters are shown, not obeyed.
// They could clear the screen, forge lines, set the title or, on some terminals, type a command.

/** C0 but tab and line feed, DEL, C1; line and paragraph separators; marks that turn the direction of what follows. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const shown = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Of many lines: line feeds and tabs stay. Characters of Windows' line ends go. */
export const escaped = (text: string): string => text.replaceAll('\r\n', '\n').replace(UNSAFE, shown);

/** One line: line feeds and tabs are shown too. */
export const oneLine = (text: string): string =>
  text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t').replace(UNSAFE, shown);

/** The JSON of a value, which means the same and holds none of these characters. */
export const safeJson = (json: string): string => json.replace(UNSAFE, shown);
