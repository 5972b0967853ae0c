// The check that the migration has run: it accepts only the tables of Signalbox, and nothing that resembles them.
import { expect, test } from 'vitest';
import { openStore } from '../rows.ts';

test.each([
  [
    'a table of the same name in another schema',
    `create schema other; create table other.delivery as table signalbox.delivery; alter table signalbox.delivery drop column version`,
    'signalbox.delivery.version',
  ],
  [
    'a view where the table was',
    'alter table signalbox.settled rename to settled_before; create view signalbox.settled as select * from signalbox.settled_before',
    'signalbox.settled',
  ],
])('%s does not replace the missing table or column', async (_what, change, missing) => {
  await using h = await openStore();
  await h.sql.unsafe(change);
  await expect(h.store.check()).rejects.toMatchObject({ code: 'MigrationMissing', details: { missing: [missing] } });
});
