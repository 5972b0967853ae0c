// One emission: what it holds, and how far it has come with each receiver.
import type { FC } from 'hono/jsx';
import type { EmissionDetails } from '../../operate/reads.ts';
import { link } from '../links.ts';
import { CausedBy, CausedCard } from '../parts/caused-tree.tsx';
import { DeliveryTable } from '../parts/delivery-table.tsx';
import { Empty, Head } from '../parts/head.tsx';
import { Stored } from '../parts/stored.tsx';
import { Time } from '../parts/values.tsx';
import type { PageRoute } from '../route.ts';

export const emission: PageRoute = {
  method: 'GET',
  path: 'emission',
  action: 'view',
  answer: async (visit) => {
    const { box, query } = visit;
    const [found, texts] = await Promise.all([box.emissions.get(query.get('id') ?? ''), visit.may('view-payload')]);
    const caused = await box.emissions.caused(found.id);
    return {
      title: `Emission of ${found.signal}`,
      body: (
        <>
          <Head title={found.signal} crumb={<a href={link('deliveries', { signal: found.signal })}>Emissions of this signal</a>} />
          <div class="columns">
            <div class="stack">
              <Deliveries emission={found} texts={texts} />
              <CausedCard emissionId={found.id} caused={caused} />
              <Stored
                payload={found.payload}
                headers={found.headers}
                emissionId={found.id}
                texts={texts}
                trace={visit.traceLink(found.headers)}
              />
            </div>
            <section class="card" aria-label="Details">
              <dl class="terms">
                <dt>Emission</dt>
                <dd class="mono">{found.id}</dd>
                <dt>Signal</dt>
                <dd>
                  {found.signal} <span class="quiet">version {found.version}</span>
                </dd>
                <dt>Emitted</dt>
                <dd>
                  <Time at={found.emittedAt} full />
                </dd>
                <CausedBy cause={found.causedBy} />
              </dl>
            </section>
          </div>
        </>
      ),
    };
  },
};

const Deliveries: FC<{ emission: EmissionDetails; texts: boolean }> = ({ emission: { id, deliveries, moreDeliveries }, texts }) => (
  <section class="card" aria-labelledby="deliveries">
    <div class="card-head">
      <h2 id="deliveries">Receivers</h2>
      {moreDeliveries && <a href={link('deliveries', { emission: id })}>All of them</a>}
    </div>
    {deliveries.length === 0 ? <Empty title="It reached no receiver" /> : <DeliveryTable deliveries={deliveries} texts={texts} narrow />}
  </section>
);

/** The payload as a file: as the read model shows it, without what is redacted. */
export const payload: PageRoute = {
  method: 'GET',
  path: 'payload',
  action: 'view-payload',
  answer: async ({ box, query }) => {
    const found = await box.emissions.get(query.get('id') ?? '');
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-disposition': `attachment; filename="${found.id}.json"` };
    return new Response(found.payload, { headers });
  },
};
