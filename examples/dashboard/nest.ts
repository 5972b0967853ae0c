// The dashboard in NestJS, on its Express platform: behind the guard that you have, or with `authorize` alone. The box is that of SignalboxModule.
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Signalbox } from 'signalbox';
import { dashboard, nodeHandler } from 'signalbox/dashboard';
import { SIGNALBOX } from 'signalbox/nest';
import { authorize } from './authorize.ts';

@Module({})
class AppModule {}

/** In an application, `imports: [SignalboxModule.forRoot({ db })]` provides the box. */
export async function createApp(box: Signalbox): Promise<INestApplication> {
  const app = await NestFactory.create({ module: AppModule, providers: [{ provide: SIGNALBOX, useValue: box }] }, { logger: false });
  app.use('/ops/signals', nodeHandler(dashboard(app.get<Signalbox>(SIGNALBOX), { authorize })));
  return app;
}
