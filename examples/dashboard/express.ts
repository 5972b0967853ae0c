// The dashboard in Express. It may stand before or behind `express.urlencoded()`.
import express, { type Express } from 'express';
import type { Signalbox } from 'signalbox';
import { dashboard, nodeHandler } from 'signalbox/dashboard';
import { authorize } from './authorize.ts';

export function createApp(box: Signalbox): Express {
  const app = express();
  app.use(express.urlencoded());
  app.use('/ops/signals', nodeHandler(dashboard(box, { authorize })));
  return app;
}
