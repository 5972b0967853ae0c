// Counts the CPU time of a row's processes and of the server between two moments, for each item that was done.
import type { Cpu } from './cpu.ts';
import type { Child } from './process.ts';
import type { Meter } from './rows/row.ts';
import type { Server } from './server.ts';

export async function meterOf(server: Pick<Server, 'cpu'>, children: readonly Pick<Child, 'call'>[]): Promise<Meter> {
  const read = async (): Promise<Cpu | undefined> => {
    const [ofServer, ofChildren] = await Promise.all([server.cpu(), Promise.all(children.map((child) => child.call('cpu')))]);
    return ofServer === undefined ? undefined : { server: ofServer, node: ofChildren.reduce((sum, one) => sum + one, 0) };
  };
  const before = await read();
  return {
    per: async (row, item, count) => {
      const after = await read();
      if (before === undefined || after === undefined || count <= 0) return [];
      const each = (part: keyof Cpu): number => ((after[part] - before[part]) * 1_000) / count;
      const parts = { Node: each('node'), server: each('server') };
      return [{ row: `${row}: CPU`, unit: `µs per ${item}`, better: 'lower', value: parts.Node + parts.server, parts }];
    },
  };
}
