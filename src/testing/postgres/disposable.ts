// The server of a test run: its data need not survive a crash of the machine.
import type { LaunchOptions } from './launch.ts';

export const DISPOSABLE: LaunchOptions = {
  inMemory: true,
  settings: {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    // Each new database is written to the log as a whole.
    max_wal_size: '256MB',
    // In the folder of the data, which is deleted in the end.
    dynamic_shared_memory_type: 'mmap',
  },
};
