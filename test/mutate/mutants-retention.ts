// Mutants of retention: what keeps a prune from taking what must stay, and the keys by which errors are found.
import { type Mutant, mutantsOf } from './mutant.ts';

const keys = mutantsOf({ file: 'src/store/deliveries/settle.sql.ts', tests: ['test/store/deliveries/error-keys.test.ts'] }, [
  {
    name: 'error keys: settle',
    within: 'settle',
    find: 'select h.id, h.emission_id, h.receiver_id,',
    replace: 'select h.id, null::uuid, null::int,',
  },
  {
    name: 'error keys: rescue',
    file: 'src/store/workers/workers.sql.ts',
    within: 'rescue',
    find: 'select id, emission_id, receiver_id, epoch, attempt, $4',
    replace: 'select id, null::uuid, null::int, epoch, attempt, $4',
  },
  ...['cancelDeliveries', 'cancelDead'].map((within) => ({
    name: `error keys: ${within}`,
    file: 'src/store/operations/operations.sql.ts',
    within,
    find: /Dead/.test(within)
      ? 'select id, emission_id, receiver_id, epoch, attempt, $3'
      : 'select id, emission_id, receiver_id, epoch + 1, attempt, $3',
    replace: /Dead/.test(within)
      ? 'select id, null::uuid, null::int, epoch, attempt, $3'
      : 'select id, null::uuid, null::int, epoch + 1, attempt, $3',
  })),
]);

export const retentionMutants: readonly Mutant[] = [...keys];
