// Mutants of partitions: what keeps a drop from taking what must stay.
import { type Mutant, mutantsOf } from './mutant.ts';

export const partitionMutants: readonly Mutant[] = mutantsOf(
  { file: 'src/store/partitions/partitions.sql.ts', tests: ['test/operate/partitions.test.ts'] },
  [
    { name: 'partitions: of this schema', within: 'listPartitions', find: 'n.nspname = $1::text and', replace: '$1::text is not null and' },
    {
      name: 'partitions: rows of the default one move',
      find: "${column} < '${to}' returning *",
      replace: "${column} < '${from}' returning *",
    },
    { name: 'partitions: nothing changes while they are looked through', find: 'in share mode`', replace: 'in access share mode`' },
    {
      name: 'partitions: what is younger than its age stays',
      find: 'where (${IS_OLD}) is not true',
      replace: 'where (${IS_OLD}) is null and false',
    },
    {
      name: 'partitions: the errors of what lives stay',
      find: "    select d.emission_id from ${at}.delivery d where d.emission_id >= '${fromId}' and d.emission_id < '${toId}'\n",
      replace: "    select d.emission_id from ${at}.delivery d where d.emission_id >= '${fromId}' and d.emission_id < '${fromId}'\n",
    },
    {
      name: 'partitions: an emission without deliveries stays for an hour',
      find: "where e.emitted_at >= ${HOUR_AGO} or (e.emitted_at < statement_timestamp() - ${ms('$2')}) is not true\n",
      replace: 'where false\n',
    },
    {
      name: 'partitions: only the errors of what goes',
      find: ' and not (s.emission_id = any($1::text::uuid[]))',
      replace: ' and $1::text is not null',
    },
    {
      name: 'partitions: what lives by now is set aside',
      find: "d.emission_id < '${toId}')\n",
      replace: "d.emission_id < '${fromId}')\n",
    },
    { name: 'partitions: what must stay is set aside', find: 'k.${column} = any($1::text::uuid[])', replace: '$1::text is null' },
    {
      name: 'partitions: too much that must stay leaves them as they are',
      file: 'src/store/partitions/partitions.ts',
      find: 'if (staying!.count > most) return',
      replace: 'if (most < 0) return',
    },
    {
      name: 'partitions: the rows so far end where the first period begins',
      file: 'src/store/partitions/migration.ts',
      find: "for values from (minvalue) to ('${firstIdAt(fromMs)}')",
      replace: "for values from (minvalue) to ('${firstIdAt(fromMs - 4 * 604800000)}')",
    },
    {
      name: 'partitions: vacuum settings of a table that grows',
      file: 'src/store/partitions/migration.ts',
      within: 'STORAGE',
      find: '`${name} = ${value}`',
      replace: '`${name} = 1`',
    },
    {
      name: 'partitions: tries again',
      file: 'src/operate/partitions.ts',
      find: "if (sqlState(error) !== '55P03' && !isConflict(error)) throw error;",
      replace: 'throw error;',
    },
  ],
);
