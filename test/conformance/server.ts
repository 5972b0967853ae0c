// Drivers of a real server: a database of its own for each case, looked at through a client apart.
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { CREATE_EFFECTS, type Database, type DriverUnderTest, type Need } from './driver.ts';

interface Connected {
  readonly db: Database;
  end(): Promise<void>;
}

export function serverDriver(
  name: string,
  has: readonly Need[],
  connect: (database: TestDatabase, max: number) => Connected | Promise<Connected>,
): DriverUnderTest {
  return {
    name,
    has,
    open: async ({ max }) => {
      const database = await createDatabase();
      const outside = database.connect({ max: 2 });
      await outside.unsafe(CREATE_EFFECTS);
      const { db, end } = await connect(database, max);
      return {
        db,
        sql: async (text) => [...(await outside.unsafe(text))],
        [Symbol.asyncDispose]: async () => {
          await end();
          await database[Symbol.asyncDispose]();
        },
      };
    },
  };
}
