// The overview: how the database stands, on one page. Its numbers are the read model's, which end at 1,000.
import type { Child, FC } from 'hono/jsx';
import { type History, readHistory } from '../history.ts';
import type { BoxStatus, ReceiverStatus } from '../../operate/status.ts';
import type { Counted } from '../../operate/paging.ts';
import { link } from '../links.ts';
import { Charts } from '../parts/charts.tsx';
import { Empty, Head } from '../parts/head.tsx';
import { Lamp } from '../parts/states.tsx';
import { countText, Time } from '../parts/values.tsx';
import { ReceiverTable } from '../parts/receiver-table.tsx';
import { WorkerTable } from '../parts/worker-table.tsx';
import type { PageRoute } from '../route.ts';

export const overview: PageRoute = {
  method: 'GET',
  path: '',
  action: 'view',
  answer: async ({ box }) => {
    const [status, history] = await Promise.all([box.status(), readHistory(box)]);
    return { title: 'Overview', body: <Overview status={status} history={history} /> };
  },
};

const Overview: FC<{ status: BoxStatus; history: History }> = ({ status: { receivers, workers }, history }) => (
  <>
    <Head title="Overview" />
    <Figures receivers={receivers} />
    <Charts history={history} />
    <section class="card" aria-labelledby="receivers">
      <div class="card-head">
        <h2 id="receivers">Receivers</h2>
        <a href={link('receivers')}>All receivers</a>
      </div>
      {receivers.length === 0 ? (
        <Empty title="No receiver has been announced">
          <p>A worker announces its receivers when it starts, and so does signalbox announce.</p>
        </Empty>
      ) : (
        <ReceiverTable receivers={busiestFirst(receivers)} />
      )}
    </section>
    <section class="card" aria-labelledby="workers">
      <div class="card-head">
        <h2 id="workers">Workers</h2>
        <a href={link('workers')}>All workers</a>
      </div>
      {workers.length === 0 ? (
        <Empty title="No worker is running">
          <p>What is emitted is stored, and waits for one: signalbox worker.</p>
        </Empty>
      ) : (
        <WorkerTable workers={workers.slice(0, 10)} />
      )}
    </section>
  </>
);

const NUMBERS = ['due', 'running', 'retrying', 'later', 'dead'] as const;

/** What has the most trouble first. */
const busiestFirst = (receivers: readonly ReceiverStatus[]): ReceiverStatus[] =>
  receivers.toSorted((a, b) => b.dead.count - a.dead.count || b.due.count - a.due.count || b.running.count - a.running.count).slice(0, 10);

const Figures: FC<{ receivers: readonly ReceiverStatus[] }> = ({ receivers }) => {
  const oldest = receivers.flatMap(({ oldestDue }) => (oldestDue ? [oldestDue] : [])).toSorted((a, b) => a.getTime() - b.getTime())[0];
  return (
    <div class="figures">
      {NUMBERS.map((name) => (
        <Figure name={name} sum={sumOf(receivers.map((receiver) => receiver[name]))}>
          {name === 'due' && oldest && (
            <>
              the oldest: <Time at={oldest} />
            </>
          )}
        </Figure>
      ))}
    </div>
  );
};

const FILTERS: Readonly<Record<(typeof NUMBERS)[number], string>> = {
  due: 'ready',
  running: 'running',
  retrying: 'ready',
  later: 'ready',
  dead: 'dead',
};

const Figure: FC<{ name: (typeof NUMBERS)[number]; sum: Counted; children?: Child }> = ({ name, sum, children }) => (
  <a class="figure" href={link('deliveries', { state: FILTERS[name] })}>
    <span class="figure-name">
      <Lamp state={name} />
      {name}
    </span>
    <span class={`figure-value${sum.count === 0 && !sum.more ? ' zero' : ''}`}>{countText(sum)}</span>
    <span class="figure-more">{children}</span>
  </a>
);

const sumOf = (numbers: readonly Counted[]): Counted => ({
  count: numbers.reduce((sum, { count }) => sum + count, 0),
  more: numbers.some(({ more }) => more),
});
