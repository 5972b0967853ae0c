// The log of a sender: a line of JSON before each transaction, and one after it.
import { readFile } from 'node:fs/promises';
import type { Sent } from '../evidence/evidence.ts';

export type LogLine = { readonly key: string; readonly emissions: number } | { readonly key: string; readonly outcome: Sent['outcome'] };

/** The log's lines of one transaction; a transaction without a second line ended with its process. */
export function readSent(text: string): Sent[] {
  const sent = new Map<string, Sent>();
  // The process was killed while it wrote the text after the last line break.
  for (const line of text.split('\n').slice(0, -1)) {
    const told = JSON.parse(line) as LogLine;
    if ('emissions' in told) sent.set(told.key, { ...told, outcome: 'unknown' });
    else sent.set(told.key, { ...sent.get(told.key)!, outcome: told.outcome });
  }
  return [...sent.values()];
}

export async function readSenderLogs(files: readonly string[]): Promise<Sent[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.flatMap(readSent);
}
