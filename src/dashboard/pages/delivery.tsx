// One delivery with all that is known of it, and what can be done with it.
import type { FC } from 'hono/jsx';
import type { DeliveryDetails } from '../../operate/reads.ts';
import { link } from '../links.ts';
import { Attempts, Timeline } from '../parts/attempts.tsx';
import { CausedBy, CausedCard, ofReceiver } from '../parts/caused-tree.tsx';
import { isNamed } from '../parts/delivery-links.tsx';
import { DeliveryTable } from '../parts/delivery-table.tsx';
import { ActForm, Head } from '../parts/head.tsx';
import { Badge } from '../parts/states.tsx';
import { Stored } from '../parts/stored.tsx';
import { Time, span } from '../parts/values.tsx';
import type { PageRoute, Visit } from '../route.ts';

export const delivery: PageRoute = {
  method: 'GET',
  path: 'delivery',
  action: 'view',
  answer: async (visit) => {
    const { box, query } = visit;
    const emissionId = query.get('emission');
    const receiver = query.get('receiver');
    const [found, texts, acts] = await Promise.all([
      box.deliveries.get(emissionId !== null && receiver !== null ? { emissionId, receiver } : (query.get('id') ?? '')),
      visit.may('view-payload'),
      visit.may('act'),
    ]);
    const caused = await box.emissions.caused(found.emissionId);
    return {
      title: `${found.receiver}, ${found.state}`,
      body: (
        <>
          <Head title={found.receiver} crumb={<Crumb delivery={found} />}>
            <Badge state={found.state} />
            {acts && isNamed(found) && <Acts delivery={found} visit={visit} />}
          </Head>
          <div class="columns">
            <div class="stack">
              {found.errors.length > 0 && <Attempts delivery={found} texts={texts} />}
              <CausedCard emissionId={found.emissionId} caused={ofReceiver(caused, found.emissionId, found.receiver)} />
              <Stored
                payload={found.payload}
                headers={found.headers}
                emissionId={found.emissionId}
                texts={texts}
                trace={visit.traceLink(found.headers)}
              />
              {found.siblings.length > 0 && <Siblings delivery={found} texts={texts} />}
            </div>
            <div class="stack">
              <Terms delivery={found} />
              <Timeline delivery={found} />
            </div>
          </div>
        </>
      ),
    };
  },
};

const Crumb: FC<{ delivery: DeliveryDetails }> = ({ delivery: { signal } }) => (
  <>
    <a href={link('deliveries')}>Deliveries</a> / <a href={link('deliveries', { signal })}>{signal}</a>
  </>
);

const Acts: FC<{ delivery: DeliveryDetails; visit: Visit }> = ({ delivery: { emissionId, receiver, state }, visit }) => {
  const common = { visit, back: link('delivery', { emission: emissionId, receiver }), fields: { emission: emissionId, receiver } };
  const isSettled = state === 'completed' || state === 'dead' || state === 'cancelled';
  return (
    <>
      {state !== 'completed' && state !== 'running' && (
        <ActForm act="retry" {...common}>
          <button class="main">{state === 'ready' ? 'Run now' : 'Retry'}</button>
        </ActForm>
      )}
      {isSettled && (
        <details class="ask">
          <summary class="button">Replay…</summary>
          <ActForm act="replay" {...common} class="ask-form">
            <p>Runs it once more from the start, with a new idempotency key: what it does outside its transaction is done again.</p>
            <button class="main">Replay it</button>
          </ActForm>
        </details>
      )}
      {(state === 'ready' || state === 'running' || state === 'dead') && (
        <details class="ask">
          <summary class="button danger">Cancel…</summary>
          <ActForm act="cancel" {...common} class="ask-form">
            <label>
              Reason
              <input type="text" name="because" maxlength={500} placeholder={`Cancelled by ${visit.user.name}.`} />
            </label>
            <button class="danger">Cancel it</button>
          </ActForm>
        </details>
      )}
    </>
  );
};

const Terms: FC<{ delivery: DeliveryDetails }> = ({ delivery }) => {
  const {
    id,
    emissionId,
    signal,
    receiver,
    queue,
    version,
    generation,
    epoch,
    attempt,
    crashes,
    worker,
    lateMs,
    emittedAt,
    runAt,
    finishedAt,
  } = delivery;
  return (
    <section class="card" aria-label="Details">
      <dl class="terms">
        <dt>Signal</dt>
        <dd>
          {signal} <span class="quiet">version {version}</span>
        </dd>
        <dt>Receiver</dt>
        <dd>
          <a href={link('receiver', { name: receiver })}>{receiver}</a>
        </dd>
        <dt>Emission</dt>
        <dd>
          <a class="mono" href={link('emission', { id: emissionId })}>
            {emissionId}
          </a>
        </dd>
        <CausedBy cause={delivery.causedBy} />
        <dt>Idempotency key</dt>
        <dd class="mono">{`${emissionId}:${id}:${generation}`}</dd>
        <dt>Queue</dt>
        <dd>{queue ?? '–'}</dd>
        <dt>Attempt</dt>
        <dd>
          {attempt}
          {generation > 0 && <span class="quiet"> in generation {generation}</span>}
          {crashes > 0 && <span class="quiet">, rescued {crashes === 1 ? 'once' : `${crashes} times`}</span>}
        </dd>
        <dt>Worker</dt>
        <dd>{worker === undefined ? '–' : <span class="mono">{worker.label ?? `#${worker.id}, which is gone`}</span>}</dd>
        <dt>Fence</dt>
        <dd>epoch {epoch}</dd>
        <dt>Emitted</dt>
        <dd>
          <Time at={emittedAt} full />
        </dd>
        <dt>{finishedAt ? 'Ended' : 'Due'}</dt>
        <dd>
          <Time at={finishedAt ?? runAt} full />
          {lateMs !== undefined && lateMs > 0 && <span class="warm"> {span(lateMs)} late</span>}
        </dd>
      </dl>
    </section>
  );
};

const Siblings: FC<{ delivery: DeliveryDetails; texts: boolean }> = ({ delivery: { siblings, moreSiblings, emissionId }, texts }) => (
  <section class="card" aria-labelledby="siblings">
    <div class="card-head">
      <h2 id="siblings">Other receivers of this emission</h2>
      {moreSiblings && <a href={link('deliveries', { emission: emissionId })}>All of them</a>}
    </div>
    <DeliveryTable deliveries={siblings} texts={texts} narrow />
  </section>
);
