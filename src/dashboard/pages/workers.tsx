// The workers of all processes.
import { Empty, Head } from '../parts/head.tsx';
import { WorkerTable } from '../parts/worker-table.tsx';
import type { PageRoute } from '../route.ts';

export const workers: PageRoute = {
  method: 'GET',
  path: 'workers',
  action: 'view',
  answer: async ({ box }) => {
    const [found, tallies] = await Promise.all([box.workers.list(), box.tallies.workers()]);
    return {
      title: 'Workers',
      body: (
        <>
          <Head title="Workers" lead="Each has a lease, and renews it. When it is lost, the others take its deliveries back." />
          <section class="card" aria-label="Workers">
            {found.length === 0 ? (
              <Empty title="No worker is running">
                <p>What is emitted is stored, and waits for one: signalbox worker.</p>
              </Empty>
            ) : (
              <WorkerTable workers={found} tallies={tallies} />
            )}
          </section>
        </>
      ),
    };
  },
};
