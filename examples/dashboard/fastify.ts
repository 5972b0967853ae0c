// The dashboard in Fastify: in a scope of its own, whose parser leaves forms as they came.
import { fastify, type FastifyInstance } from 'fastify';
import type { Signalbox } from 'signalbox';
import { dashboard, nodeHandler } from 'signalbox/dashboard';
import { authorize } from './authorize.ts';

export function createApp(box: Signalbox): FastifyInstance {
  const app = fastify();
  app.register(async (scope) => {
    const handle = nodeHandler(dashboard(box, { authorize }));
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const path of ['/ops/signals', '/ops/signals/*'])
      scope.all(path, (request, reply) => {
        reply.hijack(); // from here on the answer is the dashboard's
        void handle(request.raw, reply.raw);
      });
  });
  return app;
}
