// One receiver: how it stands with each of its signals, and what can be done with it.
import type { FC } from 'hono/jsx';
import { SignalboxError } from '../../errors.ts';
import type { ReceiverStatus } from '../../operate/status.ts';
import { readHistory } from '../history.ts';
import { link } from '../links.ts';
import { Charts } from '../parts/charts.tsx';
import { ActForm, Head } from '../parts/head.tsx';
import { conditionOf, ReceiverTable } from '../parts/receiver-table.tsx';
import { Badge } from '../parts/states.tsx';
import { Time } from '../parts/values.tsx';
import type { PageRoute, Visit } from '../route.ts';

export const receiver: PageRoute = {
  method: 'GET',
  path: 'receiver',
  action: 'view',
  answer: async (visit) => {
    const { box, query } = visit;
    const name = query.get('name') ?? '';
    const [{ receivers }, configures] = await Promise.all([box.status(), visit.may('configure')]);
    const mine = receivers.filter((each) => each.receiver === name || each.formerly.includes(name));
    const [first] = mine;
    if (!first)
      throw new SignalboxError(
        'ReceiverNotFound',
        `The catalogue has no receiver ${name}. Its name may have changed, or no process has announced it.`,
      );
    const history = await readHistory(box, first.receiver);
    const condition = conditionOf(first);
    return {
      title: first.receiver,
      body: (
        <>
          <Head title={first.receiver} crumb={<a href={link('receivers')}>Receivers</a>}>
            {condition && <Badge state={condition.state} word={condition.word} />}
            {configures && <Acts receiver={first} others={othersOf(mine, receivers)} visit={visit} />}
          </Head>
          <section class="card" aria-label="Signals">
            <ReceiverTable receivers={mine} />
          </section>
          <Charts history={history} />
          <Details receivers={mine} first={first} visit={configures ? visit : undefined} />
        </>
      ),
    };
  },
};

/** Those that could take its deliveries: live receivers of all its signals. */
function othersOf(mine: readonly ReceiverStatus[], all: readonly ReceiverStatus[]): readonly string[] {
  const own = new Set(mine.map(({ receiver }) => receiver));
  const signals = mine.map(({ signal }) => signal);
  const names = new Set(all.filter(({ receiver, live }) => live && !own.has(receiver)).map(({ receiver }) => receiver));
  return [...names].filter((name) =>
    signals.every((signal) => all.some((each) => each.receiver === name && each.signal === signal && each.live)),
  );
}

const Acts: FC<{ receiver: ReceiverStatus; others: readonly string[]; visit: Visit }> = ({
  receiver: { receiver: name, pausedAt, live },
  others,
  visit,
}) => {
  const common = { visit, back: link('receiver', { name }), fields: { receiver: name } };
  return (
    <>
      <ActForm act={pausedAt ? 'resume-receiver' : 'pause-receiver'} {...common}>
        <button class={pausedAt ? 'main' : ''}>{pausedAt ? 'Resume' : 'Pause'}</button>
      </ActForm>
      {others.length > 0 && (
        <details class="ask">
          <summary class="button">Move…</summary>
          <ActForm act="move-receiver" {...common} class="ask-form">
            <p>
              Gives its deliveries that wait, and the dead ones, to another receiver of the same signals. What is emitted later is not
              moved.
            </p>
            <label>
              To
              <select name="to" required>
                {others.map((other) => (
                  <option value={other}>{other}</option>
                ))}
              </select>
            </label>
            <label class="check">
              <input type="checkbox" name="dead" value="yes" checked />
              the dead ones, too
            </label>
            <button class="main">Move them</button>
          </ActForm>
        </details>
      )}
      {live && (
        <details class="ask">
          <summary class="button danger">Retire…</summary>
          <ActForm act="retire-receiver" {...common} class="ask-form">
            <p>
              For a receiver whose code is gone: nothing that is emitted from now on is stored for it. A process that still has it brings it
              back.
            </p>
            <label class="check">
              <input type="checkbox" name="waiting" value="cancel" />
              cancel what waits for it
            </label>
            <button class="danger">Retire it</button>
          </ActForm>
        </details>
      )}
    </>
  );
};

const Details: FC<{ receivers: readonly ReceiverStatus[]; first: ReceiverStatus; visit: Visit | undefined }> = ({
  receivers,
  first,
  visit,
}) => {
  const { receiver: name, formerly, queue, priority, lastSeenAt, pausedAt, queuePausedAt, retiredAt } = first;
  return (
    <section class="card" aria-label="Details">
      <dl class="terms">
        <dt>Signals</dt>
        <dd>{receivers.map(({ signal }) => signal).join(', ')}</dd>
        <dt>Queue</dt>
        <dd>
          <a href={link('receivers', { name: queue })}>{queue}</a>
          {queuePausedAt && (
            <span class="warm">
              {' '}
              paused <Time at={queuePausedAt} />
            </span>
          )}{' '}
          {visit && (
            <ActForm
              act={queuePausedAt ? 'resume-queue' : 'pause-queue'}
              visit={visit}
              back={link('receiver', { name })}
              fields={{ queue }}
            >
              <button class="small">{queuePausedAt ? 'Resume the queue' : 'Pause the whole queue'}</button>
            </ActForm>
          )}
        </dd>
        <dt>Priority</dt>
        <dd>{priority}</dd>
        <dt>Other names</dt>
        <dd>{formerly.length === 0 ? '–' : formerly.join(', ')}</dd>
        <dt>Last announced</dt>
        <dd>
          <Time at={lastSeenAt} full />
        </dd>
        {pausedAt && <dt>Paused</dt>}
        {pausedAt && (
          <dd>
            <Time at={pausedAt} full />
          </dd>
        )}
        {retiredAt && <dt>Retired</dt>}
        {retiredAt && (
          <dd>
            <Time at={retiredAt} full />
          </dd>
        )}
      </dl>
    </section>
  );
};
