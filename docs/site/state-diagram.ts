// Draws the state diagrams of the pages. They are written in the language of Mermaid, which hosts of repositories draw themselves; this
// file knows only as much of it as the pages use: transitions of `stateDiagram-v2`. A state stands one column to the right of the first
// state that leads to it. Arrows to the left run below the states, each in a track of its own.

export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

const STAR = '[*]';
const BOX = { width: 120, height: 44 };
const COLUMN = 370;
const ROW = 130;
const LINE = 18;
/** Characters of a line of a label: between two columns, and along a track below them. */
const LINE_LENGTH = 30;
const TRACK_LINE_LENGTH = 40;
/** Between neighbouring vertical lines. */
const GAP = 14;
const MARGIN = 20;

/** @throws Error for a line that is none of a state diagram */
export function parseStateDiagram(text: string): Transition[] {
  const [head, ...lines] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (head !== 'stateDiagram-v2') throw new Error(`Not a state diagram: ${head}`);
  return lines.map((line) => {
    const [, from, to, label = ''] = /^(\S+) --> ([^\s:]+)(?:: (.*))?$/.exec(line) ?? [];
    if (from === undefined || to === undefined) throw new Error(`Not a transition: ${line}`);
    return { from, to, label };
  });
}

/** The diagram as SVG, in the colours of the page. */
export function drawStateDiagram(text: string): string {
  const transitions = parseStateDiagram(text);
  const places = placeStates(transitions);
  const ends = new Set(transitions.filter(({ to }) => to === STAR).map(({ from }) => from));
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of transitions)
    if (to !== STAR) labels.set(`${from} ${to}`, [...(labels.get(`${from} ${to}`) ?? []), label]);
  const pairs = Array.from(labels, ([pair, texts]) => {
    const [from, to] = pair.split(' ') as [string, string];
    return { from: places.get(from)!, to: places.get(to)!, texts };
  });
  const ahead = pairs.filter(({ from, to }) => to.x >= from.x).map(({ from, to, texts }) => arrow(from, to, texts));
  const right = Math.max(...Array.from(places.values(), ({ x }) => x)) + BOX.width;
  let bottom = Math.max(...Array.from(places.values(), ({ y }) => y)) + BOX.height;
  // The states to the left first, then the lower ones: so no track crosses another.
  const back = pairs
    .filter(({ from, to }) => to.x < from.x)
    .toSorted((a, b) => a.from.x - b.from.x || b.from.y - a.from.y)
    .map(({ from, to, texts }, index, all) => {
      const lines = wrapped(texts, TRACK_LINE_LENGTH);
      bottom += GAP + lines.length * LINE;
      const y = bottom;
      const isLast = from.x + BOX.width === right;
      return track(from, to, { y, right: isLast ? right + GAP * (index + 1) : undefined, entry: (index + 1) / (all.length + 1), lines });
    });
  const boxes = Array.from(places, ([name, place]) => state(name, place, ends.has(name)));
  const names = [...places.keys()].filter((name) => name !== STAR).join(', ');
  return `<svg class="state-diagram" viewBox="0 0 ${right + GAP * (back.length + 1)} ${bottom + MARGIN}" role="img" aria-label="States: ${escaped(names)}" font-size="15" fill="none" stroke="currentColor">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="currentColor" stroke="none"/></marker></defs>
${[...back, ...ahead, ...boxes].join('\n')}
</svg>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The states of each column in the order in which they are named. */
function placeStates(transitions: readonly Transition[]): Map<string, Place> {
  const steps = new Map([[STAR, 0]]);
  for (const { from, to } of transitions) if (steps.has(from) && !steps.has(to)) steps.set(to, steps.get(from)! + 1);
  const columns: string[][] = [];
  for (const [name, step] of steps) (columns[step] ??= []).push(name);
  const tallest = Math.max(...columns.map(({ length }) => length));
  const places = new Map<string, Place>();
  for (const [column, names] of columns.entries())
    for (const [row, name] of names.entries())
      // The start is a dot, and needs less room than a state.
      places.set(name, {
        x: MARGIN + Math.max(0, column * COLUMN - COLUMN * 0.55),
        y: MARGIN + (row + (tallest - names.length) / 2) * ROW,
      });
  return places;
}

function state(name: string, { x, y }: Place, isEnd: boolean): string {
  const middle = y + BOX.height / 2;
  if (name === STAR) return `<circle cx="${x + 8}" cy="${middle}" r="8" fill="currentColor"/>`;
  const box = (inset: number): string =>
    `<rect x="${x + inset}" y="${y + inset}" width="${BOX.width - 2 * inset}" height="${BOX.height - 2 * inset}" rx="8"/>`;
  return `${box(0)}${isEnd ? box(4) : ''}${label([name], x + BOX.width / 2, middle, 600)}`;
}

/** To a state on the right, to the one below or above, or to itself. */
function arrow(from: Place, to: Place, texts: readonly string[]): string {
  const lines = wrapped(texts, LINE_LENGTH);
  const middle = BOX.height / 2;
  if (to.x > from.x) {
    const [x1, y1, x2, y2] = [from.x + (from.x === MARGIN ? 16 : BOX.width), from.y + middle, to.x, to.y + middle];
    const text =
      x2 - x1 > COLUMN
        ? label(lines, x1 + (x2 - x1) * 0.3, y1 + (y2 - y1) * 0.65)
        : label(lines, x1 + (x2 - x1) * (y1 === y2 ? 0.5 : 0.6), y1 + (y2 - y1) * 0.9 - (lines.length * LINE) / 2 - 6);
    return path(`M${x1} ${y1}C${x1 + 60} ${y1} ${x2 - 260} ${y2} ${x2} ${y2}`, text);
  }
  const centre = from.x + BOX.width / 2;
  if (to.y === from.y)
    return path(
      `M${centre - 30} ${from.y}C${centre - 50} ${from.y - 60} ${centre + 50} ${from.y - 60} ${centre + 30} ${from.y}`,
      label(lines, centre, from.y - 48 - (lines.length * LINE) / 2),
    );
  const [y1, y2] = to.y > from.y ? [from.y + BOX.height, to.y] : [from.y, to.y + BOX.height];
  return path(`M${centre} ${y1}V${y2}`, label(lines, centre, (y1 + y2) / 2));
}

interface Track {
  /** Where it runs. */
  readonly y: number;
  /** Where it leaves the last column; `undefined`: from below the state. */
  readonly right: number | undefined;
  /** Where it meets the lower edge of its state, from the left, as a part of its width. */
  readonly entry: number;
  readonly lines: readonly string[];
}

/** To a state on the left: down, along below all states, and up again. */
function track(from: Place, to: Place, { y, right, entry, lines }: Track): string {
  const end = to.x + BOX.width * (1 - entry);
  const start = right ?? from.x + BOX.width / 2;
  const begin = right === undefined ? `M${start} ${from.y + BOX.height}` : `M${from.x + BOX.width} ${from.y + BOX.height / 2}H${start}`;
  return path(
    `${begin}V${y}H${end}V${to.y + BOX.height}`,
    label(lines, (Math.min(start, to.x + COLUMN + BOX.width / 2) + end) / 2, y - (lines.length * LINE) / 2 - 4),
  );
}

const path = (shape: string, text: string): string => `<path d="${shape}" stroke-linejoin="round" marker-end="url(#tip)"/>${text}`;

/** Lines about a point. */
function label(lines: readonly string[], x: number, y: number, weight = 400): string {
  const first = y - ((lines.length - 1) * LINE) / 2 + 4;
  const spans = lines.map((line, index) => `<tspan x="${x}" y="${first + index * LINE}">${escaped(line)}</tspan>`);
  return `<text text-anchor="middle" fill="currentColor" stroke="var(--vp-c-bg, white)" stroke-width="5" paint-order="stroke" font-weight="${weight}">${spans.join('')}</text>`;
}

/** The labels of one arrow, each on lines of its own; a dot begins all but the first. */
function wrapped(texts: readonly string[], length: number): string[] {
  return texts.flatMap((text, index) => {
    const lines = [index === 0 ? '' : '·'];
    for (const word of text.split(' '))
      if (lines.at(-1)!.length + word.length > length) lines.push(word);
      else lines.push(`${lines.pop()!} ${word}`.trim());
    return lines;
  });
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
