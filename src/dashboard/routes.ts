// All routes of the dashboard. A route that is not here does not exist.
import { cancel, replay, retry } from './acts.ts';
import { beginBulk, pauseErrand, resumeErrand, stopErrand } from './errand-acts.ts';
import { audit } from './pages/audit.tsx';
import { bulk } from './pages/bulk.tsx';
import { deliveries } from './pages/deliveries.tsx';
import { delivery } from './pages/delivery.tsx';
import { emission, payload } from './pages/emission.tsx';
import { errand, errands } from './pages/errands.tsx';
import { errors } from './pages/errors.tsx';
import { find } from './pages/find.ts';
import { flow } from './pages/flow.tsx';
import { overview } from './pages/overview.tsx';
import { receiver } from './pages/receiver.tsx';
import { receivers } from './pages/receivers.tsx';
import { workers } from './pages/workers.tsx';
import { moveReceiver, pauseQueue, pauseReceiver, resumeQueue, resumeReceiver, retireReceiver } from './receiver-acts.ts';
import type { Route } from './route.ts';

const PAGES: readonly Route[] = [
  overview,
  flow,
  deliveries,
  find,
  delivery,
  emission,
  payload,
  bulk,
  errors,
  receivers,
  receiver,
  workers,
  errands,
  errand,
  audit,
];
const ACTS: readonly Route[] = [
  retry,
  replay,
  cancel,
  beginBulk,
  pauseErrand,
  resumeErrand,
  stopErrand,
  pauseReceiver,
  resumeReceiver,
  moveReceiver,
  retireReceiver,
  pauseQueue,
  resumeQueue,
];

export const ROUTES: readonly Route[] = [...PAGES, ...ACTS];
