// Reads markup as strictly as XML does: enough to find what is not closed, not escaped or not quoted.

const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z_:][\w:.-]*="[^"<]*")*)\s*(\/?)>/y;
const TEXT = /(?:[^<&]|&(?:amp|lt|gt|quot|#39|nbsp|#\d+|#x[\da-f]+);)+/y;
const AMPERSAND = /&(?!(?:amp|lt|gt|quot|#39|nbsp|#\d+|#x[\da-f]+);)/;

/** Why a text is not well-formed markup with one root; `undefined` if it is. */
export function faultOf(markup: string): string | undefined {
  const open: string[] = [];
  let at = 0;
  while (at < markup.length) {
    TAG.lastIndex = at;
    TEXT.lastIndex = at;
    const tag = TAG.exec(markup);
    if (!tag) {
      const text = open.length > 0 ? TEXT.exec(markup) : null;
      if (!text) return `at ${at}: ${markup.slice(at, at + 40)}`;
      at = TEXT.lastIndex;
      continue;
    }
    const [, closes, name, attributes, alone] = tag;
    if (AMPERSAND.test(attributes!)) return `an attribute of ${name}: ${attributes}`;
    const names = Array.from(attributes!.matchAll(/\s([\w:.-]+)="[^"]*"/g), ([, each]) => each);
    if (new Set(names).size !== names.length) return `an attribute of ${name} is there twice`;
    if (closes && open.pop() !== name) return `</${name}> closes another element`;
    if (!closes && !alone) open.push(name!);
    at = TAG.lastIndex;
    if (open.length === 0 && at < markup.length) return `something after the root: ${markup.slice(at, at + 40)}`;
  }
  return open.length === 0 && markup !== '' ? undefined : `not closed: ${open.join(', ') || 'nothing there'}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

/** The text between the tags, a line for each piece. */
export const textOf = (markup: string): string =>
  markup.replaceAll(/<[^>]*>/g, '\n').replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]!);
