// Errands: the acts on many deliveries, with how far each has come.
import type { FC } from 'hono/jsx';
import type { Errand } from '../../store/errands/errand.ts';
import { Refusal } from '../guard/refusal.ts';
import { link } from '../links.ts';
import { ErrandTable } from '../parts/errand-table.tsx';
import { FilterWords } from '../parts/filter-words.tsx';
import { ActForm, Empty, Head } from '../parts/head.tsx';
import { Badge } from '../parts/states.tsx';
import { span, Time, wholeNumber } from '../parts/values.tsx';
import type { PageRoute, Visit } from '../route.ts';

const ON_A_PAGE = 50;

export const errands: PageRoute = {
  method: 'GET',
  path: 'errands',
  action: 'view',
  answer: async (visit) => {
    const beforeId = visit.query.get('before') || undefined;
    const [found, texts] = await Promise.all([
      visit.box.errands.list({ limit: ON_A_PAGE, ...(beforeId !== undefined && { beforeId }) }),
      visit.may('view-payload'),
    ]);
    return {
      title: 'Errands',
      body: (
        <>
          <Head
            title="Errands"
            lead="Acts on many deliveries. Workers carry them on, batch by batch; one that is interrupted goes on where it was."
          />
          <section class="card" aria-label="Errands">
            {found.length === 0 ? (
              <Empty title="No errand was begun">
                <p>
                  Filter <a href={link('deliveries')}>deliveries</a>, and retry or cancel all that match.
                </p>
              </Empty>
            ) : (
              <ErrandTable errands={found} texts={texts} />
            )}
            {found.length === ON_A_PAGE && (
              <nav class="card-foot" aria-label="Pages of errands">
                <a class="button small" rel="next" href={link('errands', { before: found.at(-1)!.id })}>
                  Earlier ones
                </a>
              </nav>
            )}
          </section>
        </>
      ),
    };
  },
};

export const errand: PageRoute = {
  method: 'GET',
  path: 'errand',
  action: 'view',
  answer: async (visit) => {
    const id = visit.query.get('id') ?? '';
    const [found, texts, acts] = await Promise.all([visit.box.errands.get(id), visit.may('view-payload'), visit.may('act-in-bulk')]);
    if (!found) throw new Refusal(404, `There is no errand ${id}.`);
    return {
      title: `Errand: ${found.act}`,
      body: (
        <>
          <Head title={`${found.act}${found.to === undefined ? '' : ` to ${found.to}`}`} crumb={<a href={link('errands')}>Errands</a>}>
            <Badge state={found.state} />
            {acts && <Acts errand={found} visit={visit} />}
          </Head>
          <Figures errand={found} />
          <section class="card" aria-label="Details">
            <dl class="terms">
              <dt>Of</dt>
              <dd>
                <FilterWords query={found.filter} texts={texts} />
              </dd>
              <dt>By</dt>
              <dd>{found.by}</dd>
              <dt>Errand</dt>
              <dd class="mono">{found.id}</dd>
              <dt>Begun</dt>
              <dd>
                <Time at={found.createdAt} full />
              </dd>
              <dt>{found.finishedAt ? 'Ended' : 'Last came on'}</dt>
              <dd>
                <Time at={found.finishedAt ?? found.updatedAt} full />
              </dd>
            </dl>
          </section>
        </>
      ),
    };
  },
};

const Figures: FC<{ errand: Errand }> = ({ errand: { done, skipped, createdAt, updatedAt, state } }) => {
  const ms = Math.max(updatedAt.getTime() - createdAt.getTime(), 1);
  return (
    <div class="figures">
      <div class="figure">
        <span class="figure-name">changed</span>
        <span class="figure-value">{wholeNumber(done)}</span>
        <span class="figure-more">{done > 0 && ms > 1_000 && `${wholeNumber(Math.round((done * 60_000) / ms))} a minute`}</span>
      </div>
      <div class="figure">
        <span class="figure-name">changed by others before</span>
        <span class={`figure-value${skipped === 0 ? ' zero' : ''}`}>{wholeNumber(skipped)}</span>
      </div>
      <div class="figure">
        <span class="figure-name">{state === 'running' ? 'running for' : 'took'}</span>
        <span class="figure-value">{span(state === 'running' ? Math.max(Date.now() - createdAt.getTime(), 0) : ms)}</span>
      </div>
    </div>
  );
};

const Acts: FC<{ errand: Errand; visit: Visit }> = ({ errand: { id, state }, visit }) => {
  const common = { visit, back: link('errand', { id }), fields: { errand: id } };
  if (state === 'done' || state === 'stopped') return null;
  return (
    <>
      <ActForm act={state === 'paused' ? 'resume-errand' : 'pause-errand'} {...common}>
        <button class={state === 'paused' ? 'main' : ''}>{state === 'paused' ? 'Resume' : 'Pause'}</button>
      </ActForm>
      <details class="ask">
        <summary class="button danger">Stop…</summary>
        <ActForm act="stop-errand" {...common} class="ask-form">
          <p>Ends it for good, after the batch that is under way. What it has done stays.</p>
          <button class="danger">Stop it</button>
        </ActForm>
      </details>
    </>
  );
};
