// The rights of each kind of role, no more than its work needs, as SQL for the owner of the tables to run. Running it again changes nothing.
// What a role's own statements need, the application grants.
import { DEFAULT_SCHEMA } from '../../core/rules.ts';
import { quotedSchema } from '../namespace.ts';

export const ROLES = ['emitter', 'worker', 'viewer', 'operator'] as const;

/** What a database role is for. */
export type RoleKind = (typeof ROLES)[number];

interface Grants {
  readonly why: string;
  /** Rights, and the tables that have them. */
  readonly tables: readonly (readonly [rights: string, tables: readonly string[]])[];
  readonly sequences?: true;
  readonly notes?: readonly string[];
}

const ALL = [
  'emission',
  'receiver',
  'delivery',
  'settled',
  'delivery_error',
  'worker',
  'errand',
  'paused_queue',
  'audit_entry',
  'maintenance_task',
  'dedupe',
  'meta',
  'tally',
  'emission_tally',
  'gauge',
];

const GRANTS: Readonly<Record<RoleKind, Grants>> = {
  emitter: {
    why: 'emits, and has no receivers',
    tables: [
      ['select', ['receiver']],
      ['select, insert', ['emission', 'delivery']],
      ['select, insert, update', ['emission_tally', 'dedupe']],
    ],
    notes: ['A process that emits and has receivers announces them, within its emits if need be:', 'grant insert, update on receiver'],
  },
  worker: {
    why: 'runs receivers, which may emit; announces; prunes',
    tables: [
      ['select', ['paused_queue']],
      ['select, insert', ['meta']],
      ['select, insert, update', ['receiver', 'audit_entry', 'maintenance_task', 'errand']],
      [
        'select, insert, update, delete',
        ['emission', 'delivery', 'settled', 'delivery_error', 'worker', 'tally', 'emission_tally', 'gauge', 'dedupe'],
      ],
    ],
    sequences: true,
    notes: [
      'Run all workers of a database as one role: a worker ends open transactions of a dead one, which it may do for its own role only.',
    ],
  },
  viewer: {
    why: 'looks, payloads and errors included',
    tables: [['select', ALL]],
    sequences: true,
    notes: ['To see whose transactions hold vacuum back: grant pg_monitor to this role.'],
  },
  operator: {
    why: 'looks, and acts on deliveries and receivers',
    tables: [
      ['select', ALL],
      ['insert, update, delete', ['delivery', 'settled', 'delivery_error', 'paused_queue']],
      ['update, delete', ['emission']],
      ['insert', ['meta']],
      ['insert, update', ['receiver', 'errand', 'audit_entry']],
    ],
    sequences: true,
    notes: ['To see whose transactions hold vacuum back: grant pg_monitor to this role.'],
  },
};

export interface GrantsOptions {
  readonly schema?: string;
  /** The name of the database role. Default `signalbox_` and the kind. */
  readonly to?: string | undefined;
}

/** The statements, with comments. */
export function grantsFor(kind: RoleKind, { schema = DEFAULT_SCHEMA, to = `signalbox_${kind}` }: GrantsOptions = {}): string {
  const { why, tables, sequences, notes = [] } = GRANTS[kind];
  const [where, role] = [quotedSchema(schema), quoted(to)];
  const named = (list: readonly string[]): string => list.map((table) => `${where}.${table}`).join(', ');
  return [
    `-- ${kind}: ${why}.`,
    `-- create role ${role} login;`,
    `grant usage on schema ${where} to ${role};`,
    ...tables.map(([rights, list]) => `grant ${rights} on ${named(list)} to ${role};`),
    ...(sequences ? [`grant select on all sequences in schema ${where} to ${role};`] : []),
    ...notes.map((note) => `-- ${note}`),
  ].join('\n');
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
