// Receivers with what waits for them: those that are live, and those that were retired.
import { link } from '../links.ts';
import { ActForm, Empty, Head } from '../parts/head.tsx';
import { ReceiverTable } from '../parts/receiver-table.tsx';
import type { PageRoute } from '../route.ts';

export const receivers: PageRoute = {
  method: 'GET',
  path: 'receivers',
  action: 'view',
  answer: async (visit) => {
    const { box, query } = visit;
    const [{ receivers: all }, paused, configures] = await Promise.all([box.status(), box.queues.paused(), visit.may('configure')]);
    const wanted = (query.get('name') ?? '').trim().toLowerCase();
    const found = all.filter(({ receiver, signal, queue }) => `${receiver}\n${signal}\n${queue}`.toLowerCase().includes(wanted));
    return {
      title: 'Receivers',
      body: (
        <>
          <Head title="Receivers">
            <form class="inline" method="get" action={link('receivers')} role="search" aria-label="Find a receiver">
              <input
                type="search"
                name="name"
                value={query.get('name') ?? ''}
                placeholder="Name, signal or queue"
                aria-label="Name, signal or queue"
              />
              <button>Find</button>
            </form>
          </Head>
          {paused.map(({ name }) => (
            <div class="warn go">
              <span>
                The queue {name} is paused. <a href={link('receivers', { name })}>Its receivers</a>
              </span>
              {configures && (
                <ActForm act="resume-queue" visit={visit} back={link('receivers')} fields={{ queue: name }}>
                  <button class="small">Resume the queue</button>
                </ActForm>
              )}
            </div>
          ))}
          <section class="card" aria-label="Receivers">
            {found.length > 0 ? (
              <ReceiverTable receivers={found} />
            ) : all.length > 0 ? (
              <Empty title="No receiver matches" />
            ) : (
              <Empty title="No receiver has been announced">
                <p>A worker announces its receivers when it starts, and so does signalbox announce.</p>
              </Empty>
            )}
          </section>
        </>
      ),
    };
  },
};
