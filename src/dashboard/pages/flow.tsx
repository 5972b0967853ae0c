// The flow: modules, signals and receivers as a graph, with what passes along its edges. Which part is shown is in the address: a search, one
// node with its neighbours, modules that are drawn as one node. A large graph begins with all of its modules closed.
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { drawingOf, summaryOf } from '../../flow/drawing.ts';
import { compare, type FlowEdge, type FlowGraph, type FlowNode } from '../../flow/graph.ts';
import { type Layout, layoutOf, shapeOf } from '../../flow/layout.ts';
import { modulesOf, viewOf } from '../../flow/view.ts';
import { edgeLabel, shortCount } from '../../flow/words.ts';
import { link } from '../links.ts';
import { Empty, Head } from '../parts/head.tsx';
import { Badge } from '../parts/states.tsx';
import { readFlow } from '../flow-read.ts';
import type { PageRoute } from '../route.ts';

/** More nodes than these are no picture that a person takes in at once. */
const MANY = 40;

/** What of the graph is asked for. */
interface Asked {
  readonly search: string;
  readonly focus: string | undefined;
  /** `undefined`: as suits the size of the graph. */
  readonly closed: readonly string[] | undefined;
}

export const flow: PageRoute = {
  method: 'GET',
  path: 'flow',
  action: 'view',
  answer: async ({ box, query }) => {
    const asked: Asked = {
      search: query.get('search') ?? '',
      focus: query.get('focus') || undefined,
      closed: query.has('closed') ? query.getAll('closed') : undefined,
    };
    const graph = await readFlow(box);
    const isWhole = asked.search === '' && asked.focus === undefined;
    const modules = modulesOf(graph);
    const closed = asked.closed ?? (isWhole && graph.nodes.length > MANY ? modules : []);
    const shown = viewOf(graph, { ...asked, closed });
    const layout = await cachedLayout(box, shown);
    return { title: 'Flow', body: <Flow graph={graph} shown={shown} layout={layout} asked={asked} closed={closed} modules={modules} /> };
  },
};

/** Layouts of each box by their shapes: a live page asks for the same one again and again, and a large one takes tenths of a second. */
const LAYOUTS = new WeakMap<object, Map<string, Promise<Layout>>>();
const KEPT = 32;

async function cachedLayout(box: object, graph: FlowGraph): Promise<Layout> {
  const kept = LAYOUTS.get(box) ?? new Map<string, Promise<Layout>>();
  LAYOUTS.set(box, kept);
  const shape = shapeOf(graph);
  const layout = kept.get(shape) ?? layoutOf(graph);
  kept.delete(shape);
  kept.set(shape, layout);
  for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
  try {
    return await layout;
  } catch (error) {
    kept.delete(shape);
    throw error;
  }
}

interface Parts {
  readonly graph: FlowGraph;
  readonly shown: FlowGraph;
  readonly layout: Layout;
  readonly asked: Asked;
  readonly closed: readonly string[];
  readonly modules: readonly string[];
}

/** The address of this page with other parts shown. An empty list of closed modules is said by an empty one. */
const flowLink = (search: string, focus: string | undefined, closed: readonly string[]): string => {
  const base = link('flow', { search, focus, closed });
  return closed.length > 0 ? base : `${base}${base.includes('?') ? '&' : '?'}closed=`;
};

const Flow: FC<Parts> = ({ graph, shown, layout, asked, closed, modules }) => (
  <>
    <Head title="Flow" lead={graph.minutes > 0 ? `What passed in the last ${graph.minutes} minutes: counted, and about right.` : undefined}>
      <form class="inline" method="get" action={link('flow')} role="search" aria-label="Search the flow">
        <input
          type="search"
          name="search"
          value={asked.search}
          placeholder="Signal, receiver or module"
          aria-label="Signal, receiver or module"
        />
        <button>Search</button>
      </form>
    </Head>
    {graph.nodes.length === 0 ? (
      <section class="card">
        <Empty title="Nothing flows yet">
          <p>Signals appear here when their receivers are announced: a worker does it when it starts, and so does signalbox announce.</p>
        </Empty>
      </section>
    ) : (
      <>
        <section class="card" aria-label="Picture of the flow">
          <div class="card-head">
            <p class="flow-words">{summaryOf(shown)}</p>
            <nav class="chips" aria-label="Modules">
              {(asked.search !== '' || asked.focus !== undefined) && (
                <a class="chip" href={link('flow')}>
                  Show all
                </a>
              )}
              <a class="chip" href={flowLink(asked.search, asked.focus, closed.length > 0 ? [] : modules)}>
                {closed.length > 0 ? 'Open all modules' : 'Close all modules'}
              </a>
            </nav>
          </div>
          {shown.nodes.length === 0 ? (
            <Empty title="Nothing has this in its name" />
          ) : (
            <div class="flow-view" tabindex={0} role="region" aria-label="Picture, which scrolls">
              {raw(drawingOf(shown, layout, { focus: asked.focus, nodeLink: (node) => linkOf(node, asked, closed) }))}
            </div>
          )}
          <Legend />
        </section>
        <section class="card" aria-labelledby="connections">
          <h2 id="connections">Connections</h2>
          <Connections graph={shown} />
        </section>
      </>
    )}
  </>
);

/** A closed module opens; anything else becomes the middle of the picture, and from there leads to its own page. */
function linkOf(node: FlowNode, { search, focus }: Asked, closed: readonly string[]): string {
  if (node.kind === 'module')
    return flowLink(
      search,
      focus,
      closed.filter((name) => name !== node.name),
    );
  if (node.id !== focus) return flowLink('', node.id, []);
  return node.kind === 'receiver' ? link('receiver', { name: node.name }) : link('deliveries', { signal: node.name });
}

const Legend: FC = () => (
  <p class="card-foot legend">
    <span class="key is-running">runs well</span>
    <span class="key is-retrying">fails and is retried</span>
    <span class="key is-dead">has dead deliveries</span>
    <span class="key is-cancelled">paused</span>
    <span>Dashed: emitted by that receiver. Follow a node to see its neighbours.</span>
  </p>
);

const WORDS: Readonly<Record<FlowEdge['state'], readonly [state: string, word: string]>> = {
  dead: ['dead', 'dead'],
  failing: ['retrying', 'failing'],
  paused: ['paused', 'paused'],
  busy: ['running', 'busy'],
  idle: ['later', 'idle'],
};

/** The edges as a table, what fails the most first: for those who do not see the picture, or want its numbers. */
const Connections: FC<{ graph: FlowGraph }> = ({ graph }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Rate
          </th>
          <th scope="col" class="num">
            Failed
          </th>
          <th scope="col" class="num">
            Dead
          </th>
        </tr>
      </thead>
      <tbody>
        {graph.edges.toSorted(worstFirst).map((edge) => (
          <tr>
            <td>
              <span class="name">{nameOf(edge.from)}</span>
            </td>
            <td data-label="To">{nameOf(edge.to)}</td>
            <td data-label="State">
              <Badge state={WORDS[edge.state][0]} word={WORDS[edge.state][1]} />
            </td>
            <td class="num" data-label="Rate">
              {edgeLabel(edge, graph.minutes)?.rate ?? '–'}
            </td>
            <td class="num" data-label="Failed">
              {edge.kind === 'emits' ? '–' : shortCount(edge.failed)}
            </td>
            <td class="num" data-label="Dead">
              {edge.kind === 'emits' ? '–' : shortCount(edge.dead)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const nameOf = (id: string): string => id.slice(id.indexOf(' ') + 1);

const worstFirst = (a: FlowEdge, b: FlowEdge): number =>
  b.dead - a.dead || b.failed - a.failed || b.count - a.count || compare(a.from, b.from) || compare(a.to, b.to);
