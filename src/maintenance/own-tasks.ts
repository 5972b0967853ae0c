// The names of the tasks that every box may have: no extension's task has one of them, for tasks remember their turns by name.
import { DEDUPE } from './tasks/dedupe.ts';
import { ERRANDS } from './tasks/errands.ts';
import { PRUNE } from './tasks/prune.ts';
import { REFRESH_CATALOGUE } from './tasks/refresh-catalogue.ts';
import { GAUGES, TALLIES } from './tasks/tallies.ts';

export const OWN_TASKS: readonly string[] = [REFRESH_CATALOGUE, ERRANDS, PRUNE, GAUGES, TALLIES, DEDUPE];
