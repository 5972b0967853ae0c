// Keeps the receivers of a process that runs for months from looking forgotten (docs/design/catalogue.md).
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { MaintenanceTask } from '../task.ts';

export const REFRESH_CATALOGUE = 'refresh-catalogue';

/** Each worker runs it: only this process knows its receivers. An announcement that changes nothing locks nothing. */
export const refreshCatalogue = (catalogue: Catalogue): MaintenanceTask => ({
  name: REFRESH_CATALOGUE,
  every: '6h',
  run: () => catalogue.refresh(),
});
