// The dashboard in Bun, Deno and whatever else serves a handler of fetch: `Bun.serve(server(box))`.
import type { Signalbox } from 'signalbox';
import { dashboard } from 'signalbox/dashboard';
import { authorize } from './authorize.ts';

export function server(box: Signalbox): { fetch(request: Request): Promise<Response> } {
  const handle = dashboard(box, { authorize });
  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/ops/signals' || pathname.startsWith('/ops/signals/')) return handle(request);
      return new Response('nothing here', { status: 404 });
    },
  };
}
