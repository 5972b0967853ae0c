// All tables of the shop, for drizzle-kit: those of its modules and those of Signalbox.
export * from 'signalbox/schema';
export * from './analytics/schema.ts';
export * from './order/schema.ts';
export * from './payment/schema.ts';
