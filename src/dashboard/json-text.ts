// Lays JSON text out in lines. It moves texts and numbers as they are written: parsed and written again, a number of 30 digits would become another.

const INDENT = '  ';
/** Longer text stays as it is. */
const LONGEST = 1_000_000;

export function laidOut(json: string): string {
  if (json.length > LONGEST) return json;
  let depth = 0;
  let out = '';
  for (let at = 0; at < json.length; at++) {
    const character = json[at]!;
    if (character === '"') {
      const end = endOfText(json, at);
      out += json.slice(at, end);
      at = end - 1;
    } else if (character === '{' || character === '[') {
      const closing = nextOf(json, at + 1);
      if (json[closing] === '}' || json[closing] === ']') {
        out += character + json[closing];
        at = closing;
      } else out += character + newLine(++depth);
    } else if (character === '}' || character === ']') out += newLine(--depth) + character;
    else if (character === ',') out += `,${newLine(depth)}`;
    else if (character === ':') out += ': ';
    else if (!/\s/.test(character)) out += character;
  }
  return out;
}

/** Deeper text is not indented further: it would grow with the square of its depth. */
const newLine = (depth: number): string => `\n${INDENT.repeat(Math.min(Math.max(depth, 0), 30))}`;

/** Behind the text that begins here. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

function nextOf(json: string, from: number): number {
  let at = from;
  while (/\s/.test(json[at] ?? 'x')) at++;
  return at;
}
