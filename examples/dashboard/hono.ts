// The dashboard in Hono: a handler of fetch, as it is.
import { Hono } from 'hono';
import type { Signalbox } from 'signalbox';
import { dashboard } from 'signalbox/dashboard';
import { authorize } from './authorize.ts';

export function createApp(box: Signalbox): Hono {
  const app = new Hono();
  const handle = dashboard(box, { authorize });
  app.all('/ops/signals/*', (c) => handle(c.req.raw)); // c.req.raw has the address as it came, which `app.mount` would shorten
  return app;
}
