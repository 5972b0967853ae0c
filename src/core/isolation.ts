// The isolation levels that a receiver's transaction can have. PostgreSQL has no others: `read uncommitted` is its
// `read committed`.

export const ISOLATION_LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;

/** The isolation level of a transaction, as PostgreSQL names it. */
export type Isolation = (typeof ISOLATION_LEVELS)[number];
