// Draws the state diagrams of the pages, which are written in the language of Mermaid, as repositories show it. Only as much of that
// is known as the pages use: transitions of `stateDiagram-v2`. From left to right by the way from the start; what goes back runs below.

export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

const STAR = '[*]';
const BOX = { width: 120, height: 44 };
const COLUMN = 350;
const ROW = 130;
const LINE = 18;
/** Characters of a line of a label. */
const LINE_LENGTH = 30;
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
    if (to !== STAR) labels.set(`${from} ${to}`, [...(labels.get(`${from} ${to}`) ?? []), ...wrapped(label, labels.has(`${from} ${to}`))]);
  const arrows = Array.from(labels, ([pair, lines]) => {
    const [from, to] = pair.split(' ') as [string, string];
    return arrow(places.get(from)!, places.get(to)!, lines);
  });
  const boxes = Array.from(places, ([name, place]) => state(name, place, ends.has(name)));
  const width = Math.max(...Array.from(places.values(), ({ x }) => x)) + BOX.width + MARGIN;
  const below = Math.max(0, ...Array.from(labels.values(), ({ length }) => length)) * LINE + ROW / 2;
  const height = Math.max(...Array.from(places.values(), ({ y }) => y)) + BOX.height + Math.max(MARGIN, below / 2);
  const names = [...places.keys()].filter((name) => name !== STAR).join(', ');
  return `<svg class="state-diagram" viewBox="0 0 ${width} ${height}" role="img" aria-label="States: ${escaped(names)}" font-size="15" fill="none" stroke="currentColor">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="currentColor" stroke="none"/></marker></defs>
${[...arrows, ...boxes].join('\n')}
</svg>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Columns by the number of steps from the start, the states of each in the order in which they are named. */
function placeStates(transitions: readonly Transition[]): Map<string, Place> {
  const steps = new Map([[STAR, 0]]);
  for (const name of steps.keys())
    for (const { from, to } of transitions) if (from === name && !steps.has(to)) steps.set(to, steps.get(name)! + 1);
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

function arrow(from: Place, to: Place, lines: readonly string[]): string {
  const middle = BOX.height / 2;
  if (to.x > from.x) {
    const [x1, y1, x2, y2] = [from.x + (from.x === MARGIN ? 16 : BOX.width), from.y + middle, to.x, to.y + middle];
    return `<path d="M${x1} ${y1}C${x1 + 60} ${y1} ${x2 - 260} ${y2} ${x2} ${y2}" marker-end="url(#tip)"/>${label(lines, x1 + (x2 - x1) * (y1 === y2 ? 0.5 : 0.6), y1 + (y2 - y1) * 0.9 - (lines.length * LINE) / 2 - 6)}`;
  }
  const [x1, y1, x2, y2] = [from.x + BOX.width / 2, from.y + BOX.height, to.x + BOX.width / 2, to.y + BOX.height];
  const low = Math.max(y1, y2) + 60;
  return `<path d="M${x1} ${y1}C${x1} ${low} ${x2} ${low} ${x2} ${y2}" marker-end="url(#tip)"/>${label(lines, (x1 + x2) / 2, low - 4 + (lines.length * LINE) / 2)}`;
}

/** Lines about a point. */
function label(lines: readonly string[], x: number, y: number, weight = 400): string {
  const first = y - ((lines.length - 1) * LINE) / 2 + 4;
  const spans = lines.map((line, index) => `<tspan x="${x}" y="${first + index * LINE}">${escaped(line)}</tspan>`);
  return `<text text-anchor="middle" fill="currentColor" stroke="var(--vp-c-bg, white)" stroke-width="5" paint-order="stroke" font-weight="${weight}">${spans.join('')}</text>`;
}

/** @param isNext another label of the same arrow stands above */
function wrapped(text: string, isNext: boolean): string[] {
  const lines = [isNext ? '·' : ''];
  for (const word of text.split(' '))
    if (lines.at(-1)!.length + word.length > LINE_LENGTH) lines.push(word);
    else lines.push(`${lines.pop()!} ${word}`.trim());
  return lines;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
