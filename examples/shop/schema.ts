// All tables of the shop, for drizzle-kit: those of its modules and those of Signalbox.
export * from 'signalbox/schema';
