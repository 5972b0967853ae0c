// The declarations that the code of the README needs: that code is put below these lines.
import { eq } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { Db, defineSignals, type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { z } from 'zod';
import { orders, payments } from './schema.js';

declare module 'signalbox' {
  interface Register {
    db: PostgresJsDatabase;
  }
}
