// What an examination says of one thing.

/** What is looked at. */
export type Check =
  | 'connection'
  | 'server'
  | 'writes'
  | 'schema'
  | 'migrations'
  | 'tuning'
  | 'sequences'
  | 'vacuum'
  | 'dead-rows'
  | 'pool'
  | 'connections'
  | 'pooler'
  | 'clock'
  | 'workers'
  | 'receivers'
  | 'overdue'
  | 'dead'
  | 'size'
  | 'partitions';

/** One finding of `box.doctor()`. */
export interface Finding {
  readonly check: Check;
  /** `broken`: deliveries or emits fail, or nothing runs them. `warning`: they may, or get slow. */
  readonly status: 'ok' | 'warning' | 'broken';
  /** One sentence. Names and texts from the database are in it as they are: escape it for a terminal. */
  readonly message: string;
  /** The command or the SQL that mends it. */
  readonly remedy?: string;
}

type Judged = (check: Check, message: string, remedy?: string) => Finding;

const as =
  (status: Finding['status']): Judged =>
  (check, message, remedy) => ({ check, status, message, ...(remedy === undefined ? {} : { remedy }) });

export const ok = as('ok');
export const warning = as('warning');
export const broken = as('broken');

/** `3 deliveries`, `1 delivery`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** A length of time in its two largest units at most, of seconds. */
export function time(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d${hours > 0 ? ` ${hours} h` : ''}`;
  if (hours > 0) return `${hours} h${minutes > 0 ? ` ${minutes} min` : ''}`;
  return minutes > 0 ? `${minutes} min` : `${Math.max(0, Math.round(seconds))} s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function size(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1_024))));
  return `${Math.round(bytes / 1_024 ** unit)} ${UNITS[unit]}`;
}
