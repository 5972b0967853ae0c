// Drivers of a real server: each case has its own database, and reads it through a separate client. The database ends
// the clients that `connect` makes.
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { CREATE_EFFECTS, type Database, type DriverUnderTest, type Need } from './driver.ts';

export function serverDriver(
  name: string,
  has: readonly Need[],
  connect: (database: TestDatabase, max: number) => Database | Promise<Database>,
): DriverUnderTest {
  return {
    name,
    has,
    open: async ({ max }) => {
      const database = await createDatabase();
      const outside = database.connect({ max: 2 });
      await outside.unsafe(CREATE_EFFECTS);
      return {
        db: await connect(database, max),
        sql: async (text) => [...(await outside.unsafe(text))],
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
  };
}
