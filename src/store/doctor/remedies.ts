// SQL for a person to run, as an examination proposes it.

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** @param pid of a session */
export const endSession = (pid: string): string => `select pg_terminate_backend(${pid});`;

export const endPrepared = (gid: string): string => `rollback prepared ${literal(gid)}; -- or: commit prepared ${literal(gid)};`;

export const dropSlot = (name: string): string => `select pg_drop_replication_slot(${literal(name)}); -- if nothing reads it any more`;
