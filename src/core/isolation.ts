// The isolation levels that a receiver's transaction can have. PostgreSQL has no others: `read uncommitted` is its
// `read committed`.

export const ISOLATION_LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;

/** How a transaction is kept apart from those beside it, as PostgreSQL names it. */
export type Isolation = (typeof ISOLATION_LEVELS)[number];
