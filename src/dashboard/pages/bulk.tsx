// Before an act on all deliveries that match: how many, five of them, and what else the filter means. The act is of the same filter, field by
// field, as the numbers on this page.
import type { FC } from 'hono/jsx';
import type { ErrandPreview } from '../../operate/errands/errands.ts';
import type { ErrandRequest } from '../../operate/errands/request.ts';
import { STATES_OF } from '../../operate/errands/stages.ts';
import { bulkAct, SPREADS } from '../errand-acts.ts';
import { filterOf, queryOfTerms, type Terms, termsOf } from '../filters.ts';
import { assertMayAsk } from '../guard/asking.ts';
import { link } from '../links.ts';
import { DeliveryTable } from '../parts/delivery-table.tsx';
import { ActForm, Empty, Head } from '../parts/head.tsx';
import { countText, stamp } from '../parts/values.tsx';
import type { PageRoute, Visit } from '../route.ts';

export const bulk: PageRoute = {
  method: 'GET',
  path: 'bulk',
  action: 'act-in-bulk',
  answer: async (visit) => {
    const { box, query } = visit;
    const act = bulkAct(query.get('act'));
    const given = termsOf(query);
    await assertMayAsk(visit, given);
    const terms = given.state.length > 0 ? given : { ...given, state: STATES_OF[act].by };
    const [preview, texts] = await Promise.all([box.errands.preview({ act, filter: filterOf(terms) }), visit.may('view-payload')]);
    const back = link('deliveries', queryOfTerms(given));
    return {
      title: TITLES[act],
      body: (
        <>
          <Head
            title={`${TITLES[act]} ${countText(preview)} ${preview.count === 1 && !preview.more ? 'delivery' : 'deliveries'}?`}
            crumb={<a href={back}>Deliveries</a>}
          />
          <div class="columns">
            <section class="card" aria-labelledby="samples">
              <h2 id="samples">{preview.samples.length < preview.count ? `${preview.samples.length} of them` : 'These'}</h2>
              {preview.samples.length === 0 ? (
                <Empty title="Nothing matches" />
              ) : (
                <DeliveryTable deliveries={preview.samples} texts={texts} narrow />
              )}
            </section>
            <div class="stack">
              <Meaning act={act} terms={terms} preview={preview} />
              {(preview.count > 0 || preview.more) && (
                <Begin act={act} terms={terms} visit={visit} back={back} asks={query.get('again') === 'ask'} />
              )}
            </div>
          </div>
        </>
      ),
    };
  },
};

const TITLES: Readonly<Record<ErrandRequest['act'], string>> = { retry: 'Retry', replay: 'Replay', cancel: 'Cancel' };

const MEANINGS: Readonly<Record<ErrandRequest['act'], string>> = {
  retry: 'Each runs again with a fresh budget and the same idempotency key.',
  replay: 'Each runs once more from the start, with a new idempotency key.',
  cancel: 'Each ends as cancelled. One that runs and commits first is completed.',
};

const Meaning: FC<{ act: ErrandRequest['act']; terms: Terms; preview: ErrandPreview }> = ({ act, terms, preview: { more, lookedTo } }) => (
  <section class="card" aria-labelledby="meaning">
    <h2 id="meaning">What this means</h2>
    <dl class="terms">
      {Object.entries(terms).map(([name, values]) =>
        values.length === 0 ? null : (
          <>
            <dt>{name}</dt>
            <dd>{values.join(', ')}</dd>
          </>
        ),
      )}
    </dl>
    <div class="card-body">
      <p>{MEANINGS[act]}</p>
      <p class="quiet">
        All that match when it begins are meant, not those on a page
        {more && ', and the number above is where counting ended'}
        {lookedTo && ` (it looked back to ${stamp(lookedTo)} UTC)`}. What finishes later is not touched.
      </p>
      {terms.receiver.length === 0 && <p class="warn">It names no receiver: deliveries of all receivers are meant.</p>}
    </div>
  </section>
);

const Begin: FC<{ act: ErrandRequest['act']; terms: Terms; visit: Visit; back: string; asks: boolean }> = ({
  act,
  terms,
  visit,
  back,
  asks,
}) => (
  <section class="card" aria-label="Begin">
    <ActForm act="begin" visit={visit} fields={{ act }} class="card-body">
      {Object.entries(terms).flatMap(([name, values]) => values.map((value) => <input type="hidden" name={name} value={value} />))}
      {act === 'cancel' ? (
        <label>
          Reason
          <input type="text" name="because" maxlength={500} placeholder={`Cancelled by ${visit.user.name}.`} />
        </label>
      ) : (
        <label>
          Spread over
          <select name="over">
            <option value="">no time: all are due at once</option>
            {SPREADS.map((spread) => (
              <option value={spread}>{spread}</option>
            ))}
          </select>
        </label>
      )}
      {act === 'replay' && (
        <label class="check">
          <input type="checkbox" name="again" value="yes" required={asks} />
          receivers that act outside their transactions may do so again
        </label>
      )}
      {asks && (
        <p class="warn">
          Some of these receivers are not transactional, or not known to this process: mails, payments and the like may be done again.
        </p>
      )}
      <div class="go">
        <button class={act === 'cancel' ? 'danger' : 'main'}>{TITLES[act]} all</button>
        <a class="button" href={back}>
          Back
        </a>
      </div>
    </ActForm>
  </section>
);
