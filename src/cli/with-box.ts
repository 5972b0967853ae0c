// Gives a verb the box of the configuration, and closes it after. The database is asked first whether it is there and has
// the tables, so that every verb says so in the same words.
import type { Signalbox } from '../box/box.ts';
import { loadBox } from './config.ts';

/** @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, what loadBox throws; what `use` throws */
export async function withBox<T>(config: string | undefined, use: (box: Signalbox) => Promise<T>): Promise<T> {
  const box = await loadBox(process.cwd(), config);
  const { database } = await box.workers.health();
  if (!database.ok) throw database.error;
  const result = await use(box);
  await box.close();
  return result;
}
