// The dashboard in Next.js: in an application, app/ops/signals/[[...page]]/route.ts. In next.config.js, `skipTrailingSlashRedirect: true`
// keeps Next from leading /ops/signals/ back to /ops/signals, and `serverExternalPackages: ['signalbox']` keeps the package out of the bundle.
import { dashboard } from 'signalbox/dashboard';
import { box } from '../../frameworks/next/box.ts';
import { authorize } from '../authorize.ts';

const handle = dashboard(box, { authorize });

export { handle as GET, handle as POST };
