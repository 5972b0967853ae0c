// The names that are kept from extensions are those of all our own tasks.
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OWN_TASKS } from '../../src/maintenance/own-tasks.ts';

const folder = new URL('../../src/maintenance/tasks/', import.meta.url);

test('each task of ours keeps its name from the tasks of extensions', async () => {
  const names: string[] = [];
  for (const file of await readdir(folder)) {
    const exported = (await import(/* @vite-ignore */ new URL(file, folder).href)) as Record<string, unknown>;
    names.push(...Object.values(exported).filter((value) => typeof value === 'string'));
  }
  expect(names.sort()).toEqual([...OWN_TASKS].sort());
});
