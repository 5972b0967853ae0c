// All mutants that `npm run mutate` tries.
import { aheadMutants } from './mutants-ahead.ts';
import { batchMutants } from './mutants-batch.ts';
import { sleepingMutants } from './mutants-sleeping.ts';
import { boxMutants } from './mutants-box.ts';
import { catalogueMutants } from './mutants-catalogue.ts';
import { cliMutants } from './mutants-cli.ts';
import { dashboardMutants } from './mutants-dashboard.ts';
import { flowMutants } from './mutants-flow.ts';
import { commitsMutants } from './mutants-commits.ts';
import { dedupeMutants } from './mutants-dedupe.ts';
import { doctorMutants } from './mutants-doctor.ts';
import { driverMutants } from './mutants-drivers.ts';
import { contextMutants } from './mutants-context.ts';
import { copyMutants } from './mutants-copies.ts';
import { edgeMutants } from './mutants-edges.ts';
import { emittingMutants } from './mutants-emitting.ts';
import { laneMutants } from './mutants-lanes.ts';
import { bulkMutants } from './mutants-bulk.ts';
import { errandMutants } from './mutants-errands.ts';
import { extensionMutants } from './mutants-extensions.ts';
import { faultMutants } from './mutants-fault.ts';
import { lifeMutants } from './mutants-life.ts';
import { liveMutants } from './mutants-live.ts';
import { livenessMutants } from './mutants-liveness.ts';
import { maintenanceMutants } from './mutants-maintenance.ts';
import { operationMutants } from './mutants-operations.ts';
import { optionMutants } from './mutants-options.ts';
import { pausesMutants } from './mutants-pauses.ts';
import { outsideMutants } from './mutants-outside.ts';
import { partitionMutants } from './mutants-partitions.ts';
import { patienceMutants } from './mutants-patience.ts';
import { retentionMutants } from './mutants-retention.ts';
import { readMutants } from './mutants-reads.ts';
import { runningMutants } from './mutants-running.ts';
import { shareMutants } from './mutants-share.ts';
import { schemasMutants } from './mutants-schemas.ts';
import { scopeMutants } from './mutants-scope.ts';
import { slotsMutants } from './mutants-slots.ts';
import { tallyMutants } from './mutants-tallies.ts';
import { statusMutants } from './mutants-status.ts';
import { stoppingMutants } from './mutants-stopping.ts';
import { tellingMutants } from './mutants-telling.ts';
import { kitMutants } from './mutants-kit.ts';
import { testingMutants } from './mutants-testing.ts';
import { transactionMutants } from './mutants-transaction.ts';
import { workerMutants } from './mutants-worker.ts';
import { writeMutants } from './mutants-writes.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  ...aheadMutants,
  ...batchMutants,
  ...dedupeMutants,
  ...sleepingMutants,
  ...boxMutants,
  ...catalogueMutants,
  ...cliMutants,
  ...dashboardMutants,
  ...flowMutants,
  ...commitsMutants,
  ...doctorMutants,
  ...driverMutants,
  ...contextMutants,
  ...copyMutants,
  ...edgeMutants,
  ...emittingMutants,
  ...errandMutants,
  ...bulkMutants,
  ...pausesMutants,
  ...readMutants,
  ...statusMutants,
  ...tallyMutants,
  ...runningMutants,
  ...liveMutants,
  ...livenessMutants,
  ...laneMutants,
  ...extensionMutants,
  ...faultMutants,
  ...lifeMutants,
  ...maintenanceMutants,
  ...operationMutants,
  ...partitionMutants,
  ...patienceMutants,
  ...outsideMutants,
  ...optionMutants,
  ...retentionMutants,
  ...schemasMutants,
  ...shareMutants,
  ...scopeMutants,
  ...slotsMutants,
  ...stoppingMutants,
  ...tellingMutants,
  ...kitMutants,
  ...testingMutants,
  ...transactionMutants,
  ...workerMutants,
  ...writeMutants,
];
