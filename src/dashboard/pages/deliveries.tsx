// Deliveries: those that match the filter in the address, page by page along an index.
import type { FC } from 'hono/jsx';
import { isSignalboxError, type SignalboxError } from '../../errors.ts';
import type { DeliveryPage, DeliveryCount } from '../../operate/paging.ts';
import type { Delivery } from '../../store/operations/delivery.ts';
import { STATES_OF } from '../../operate/errands/stages.ts';
import { filterOf, queryOfTerms, searchOf, type Terms, termsOf } from '../filters.ts';
import { assertMayAsk } from '../guard/asking.ts';
import { link } from '../links.ts';
import { DeliveryTable } from '../parts/delivery-table.tsx';
import { isNamed } from '../parts/delivery-links.tsx';
import { FilterForm } from '../parts/filter-form.tsx';
import { ActForm, Empty, Head } from '../parts/head.tsx';
import { countText, stamp } from '../parts/values.tsx';
import type { PageRoute, Visit } from '../route.ts';

const ON_A_PAGE = 50;

interface Found {
  readonly page: DeliveryPage;
  /** `undefined` where the page has all of them. */
  readonly count: DeliveryCount | undefined;
}

export const deliveries: PageRoute = {
  method: 'GET',
  path: 'deliveries',
  action: 'view',
  answer: async (visit) => {
    const { box, query } = visit;
    const terms = termsOf(query);
    await assertMayAsk(visit, terms);
    const [found, listed, texts, acts, inBulk] = await Promise.all([
      find(visit, terms),
      box.receivers.list(),
      visit.may('view-payload'),
      visit.may('act'),
      visit.may('act-in-bulk'),
    ]);
    const known = { receivers: listed.map(({ receiver }) => receiver), signals: [...new Set(listed.map(({ signal }) => signal))] };
    const here = link('deliveries', { ...queryOfTerms(terms), cursor: query.get('cursor') ?? undefined });
    return {
      title: 'Deliveries',
      status: isSignalboxError(found) ? 400 : 200,
      body: (
        <>
          <Head title="Deliveries">
            <Finder />
          </Head>
          <section class="card">
            <FilterForm page="deliveries" terms={terms} known={known} deep={texts} />
          </section>
          {isSignalboxError(found) ? (
            <p class="warn" role="alert">
              {found.message}
            </p>
          ) : (
            <Results
              found={found}
              terms={terms}
              texts={texts}
              inBulk={inBulk}
              isFirst={!query.get('cursor')}
              acts={acts ? { visit, back: here } : undefined}
            />
          )}
        </>
      ),
    };
  },
};

/** What was found, or why this cannot be asked: the form stays, to be mended. */
async function find({ box, query }: Visit, terms: Terms): Promise<Found | SignalboxError> {
  try {
    const filter = filterOf(terms);
    const page = await box.deliveries.page(filter, { limit: ON_A_PAGE, cursor: query.get('cursor') || undefined });
    const isAll = page.cursor === undefined && !query.get('cursor');
    return { page, count: isAll ? undefined : await box.deliveries.count(filter) };
  } catch (error) {
    if (isSignalboxError(error, 'InvalidOption')) return error;
    throw error;
  }
}

const Finder: FC = () => (
  <form class="inline" method="get" action={link('find')} role="search" aria-label="Find by id">
    <input
      type="search"
      name="id"
      placeholder="Emission, delivery or idempotency key"
      aria-label="Emission, delivery or idempotency key"
      size={36}
      required
    />
    <button>Find</button>
  </form>
);

interface ResultsOf {
  readonly found: Found;
  readonly terms: Terms;
  readonly texts: boolean;
  readonly inBulk: boolean;
  readonly isFirst: boolean;
  readonly acts: { readonly visit: Visit; readonly back: string } | undefined;
}

const Results: FC<ResultsOf> = ({ found: { page, count }, terms, texts, inBulk, isFirst, acts }) => {
  const rows = page.deliveries.length;
  return (
    <section class="card" aria-label="Deliveries">
      <div class="card-head">
        <h2>{count ? `${countText(count)} match` : rows === 1 ? '1 matches' : `${rows} match`}</h2>
        {inBulk && rows > 0 && (
          <div class="acts">
            {(['retry', 'replay', 'cancel'] as const).map((act) =>
              statesFor(act, terms).length === 0 ? null : (
                <a
                  class={`button small${act === 'cancel' ? ' danger' : ''}`}
                  href={`${link('bulk')}?act=${act}&${searchOf({ ...terms, state: statesFor(act, terms) })}`}
                >
                  {BULK[act]}
                </a>
              ),
            )}
          </div>
        )}
      </div>
      {rows === 0 ? (
        <Empty title="No delivery matches">
          {page.cursor ? <p>Not among those that were looked at.</p> : <p>Widen the filter, or wait for the next emit.</p>}
        </Empty>
      ) : (
        <DeliveryTable
          deliveries={page.deliveries}
          texts={texts}
          {...(acts && { acts: (delivery: Delivery) => <RowActs delivery={delivery} {...acts} /> })}
        />
      )}
      <Pager page={page} terms={terms} isFirst={isFirst} />
    </section>
  );
};

const BULK = { retry: 'Retry all…', replay: 'Replay all…', cancel: 'Cancel all…' } as const;

/** The states of the filter that an act can change; where it names none, those that the act is about by itself. */
const statesFor = (act: keyof typeof BULK, { state }: Terms): readonly string[] => {
  const { can, by } = STATES_OF[act];
  return state.length === 0 ? by : can.filter((each) => state.includes(each));
};

const RowActs: FC<{ delivery: Delivery; visit: Visit; back: string }> = ({ delivery, visit, back }) =>
  isNamed(delivery) && (delivery.state === 'dead' || delivery.state === 'cancelled') ? (
    <ActForm visit={visit} act="retry" back={back} fields={{ emission: delivery.emissionId, receiver: delivery.receiver }}>
      <button class="small" aria-label={`Retry the delivery of ${delivery.receiver}`}>
        Retry
      </button>
    </ActForm>
  ) : null;

const Pager: FC<{ page: DeliveryPage; terms: Terms; isFirst: boolean }> = ({ page: { cursor, lookedTo }, terms, isFirst }) =>
  cursor === undefined && isFirst ? null : (
    <nav class="card-foot" aria-label="Pages of deliveries">
      <span>{lookedTo && `Looked at 50,000 deliveries, back to ${stamp(lookedTo)} UTC.`}</span>
      <span class="pager">
        {!isFirst && (
          <a class="button small" href={link('deliveries', queryOfTerms(terms))}>
            First page
          </a>
        )}
        {cursor !== undefined && (
          <a class="button small" rel="next" href={link('deliveries', { ...queryOfTerms(terms), cursor })}>
            {lookedTo ? 'Look further' : 'Next page'}
          </a>
        )}
      </span>
    </nav>
  );
