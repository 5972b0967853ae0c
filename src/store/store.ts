// The store of a box, by topic. The SQL of a topic is in its x.sql.ts, as named statements; the classes beside it send
// them, encode their parameters and decode their rows.
//
// Each statement says which rows it locks and in which order, what makes it safe to repeat, and which index serves it.
// Times are always the database's: statement_timestamp(), never a time from the client, and never clock_timestamp(),
// which cannot be an index condition. Arrays and JSON travel as text: every driver sends text alike.
import type { Driver, Run } from '../drivers/driver.ts';
import { CatalogueStore } from './catalogue/catalogue-store.ts';
import { BatchesStore } from './deliveries/batch.ts';
import { LostCommitsStore } from './deliveries/lost-commits.ts';
import { DeliveriesStore } from './deliveries/deliveries.ts';
import { AuditStore } from './audit/audit.ts';
import { PauseStore } from './catalogue/pause.ts';
import { DoctorStore } from './doctor/doctor-store.ts';
import { ErrandsStore } from './errands/errands-store.ts';
import { DedupeStore } from './emissions/deduped.ts';
import { EmissionsStore } from './emissions/emissions.ts';
import { DetailsStore } from './operations/details.ts';
import { OperationsStore } from './operations/operations.ts';
import { PagesStore } from './operations/pages.ts';
import { StatusStore } from './operations/status.ts';
import { TalliesStore } from './tallies/tallies.ts';
import type { Namespace } from './namespace.ts';
import { PartitionsStore } from './partitions/partitions.ts';
import { RetentionStore } from './retention/retention.ts';
import { type InTransaction, ownRun } from './own-run.ts';
import { databaseIdOf } from './schema/meta.ts';
import { findMissing, migrationMissing } from './schema/schema-check.ts';
import { repairSequences, sequenceBehind, type SequenceRepair, sequencesBehind } from './sequences/sequences.ts';
import { TestingStore } from './testing/rows.ts';
import { contacting } from './unreachable.ts';
import { WorkersStore } from './workers/workers.ts';

export class Store {
  readonly emissions: EmissionsStore;
  readonly dedupe: DedupeStore;
  readonly deliveries: DeliveriesStore;
  readonly batches: BatchesStore;
  readonly commits: LostCommitsStore;
  readonly workers: WorkersStore;
  readonly catalogue: CatalogueStore;
  readonly operations: OperationsStore;
  readonly pause: PauseStore;
  readonly audit: AuditStore;
  readonly doctor: DoctorStore;
  /** For the tests of applications. */
  readonly testing: TestingStore;
  readonly errands: ErrandsStore;
  readonly pages: PagesStore;
  readonly details: DetailsStore;
  readonly status: StatusStore;
  readonly tallies: TalliesStore;
  readonly namespace: Namespace;
  readonly #driver: Driver;
  readonly #pool: Run;

  /** @param crashBudget how many workers may die with a delivery before it is given up; the last of them had nothing else */
  constructor(driver: Driver, crashBudget: number, namespace: Namespace) {
    this.namespace = namespace;
    this.#driver = driver;
    this.#pool = ownRun(driver, namespace);
    const notifiesAlways = driver.openSession === undefined;
    this.emissions = new EmissionsStore(namespace, { notifiesAlways });
    this.dedupe = new DedupeStore(this.#pool, namespace, { notifiesAlways });
    this.deliveries = new DeliveriesStore(this.#pool, namespace, crashBudget);
    this.batches = new BatchesStore(this.deliveries, namespace);
    this.commits = new LostCommitsStore(this.#pool);
    this.workers = new WorkersStore(this.#pool, namespace, crashBudget);
    this.catalogue = new CatalogueStore(this.#pool, namespace);
    this.operations = new OperationsStore(this.#pool, namespace);
    this.doctor = new DoctorStore(driver, this.#pool, namespace);
    this.pause = new PauseStore(this.#pool, namespace);
    this.audit = new AuditStore(this.#pool);
    this.testing = new TestingStore(this.#pool);
    this.errands = new ErrandsStore(this.#pool, namespace);
    this.pages = new PagesStore(this.#pool);
    this.details = new DetailsStore(this.#pool);
    this.status = new StatusStore(this.#pool);
    this.tallies = new TalliesStore(this.#pool);
  }

  partitions(inTransaction: InTransaction): PartitionsStore {
    return new PartitionsStore(this.#pool, this.namespace, inTransaction);
  }

  retention(inTransaction: InTransaction): RetentionStore {
    return new RetentionStore(this.#pool, this.namespace, inTransaction);
  }

  /** Refuses a database that cannot be worked with. @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing` */
  async check(): Promise<void> {
    const { schema } = this.namespace;
    const missing = await contacting(this.#driver, () => findMissing(this.#pool, schema));
    if (missing.length > 0) throw migrationMissing(schema, missing);
  }

  /**
   * The same for what will write: also refuses sequences that are behind, which would refuse the writes of senders, too. Gives the
   * database its id, if it has none yet. @throws SignalboxError as {@link check}, `SequenceBehind`
   */
  async checkForWork(): Promise<void> {
    await this.check();
    const behind = await sequencesBehind(this.#pool, this.namespace);
    if (behind.length > 0) throw sequenceBehind(behind);
    await this.databaseId();
  }

  /** Advances the sequences that are behind. @throws SignalboxError `SequenceBehind` if a table cannot be locked */
  async repairSequences(inTransaction: InTransaction): Promise<SequenceRepair[]> {
    return repairSequences(this.#pool, this.namespace, inTransaction);
  }

  /** A UUID, the same for all processes: tells this database from its neighbours. A copy of it has the same until its row is deleted. */
  async databaseId(): Promise<string> {
    return databaseIdOf(this.#pool);
  }
}
