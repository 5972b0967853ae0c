// The CPU time of the processes of a row: of the system's own, and of the server. On a shared machine a rate says little about a
// system; what it takes to do one item says more.
import { readdir, readFile } from 'node:fs/promises';

/** Milliseconds. */
export interface Cpu {
  readonly node: number;
  readonly server: number;
}

/** The unit of the times in /proc, on every Linux that Node runs on. */
const MS_PER_TICK = 10;

interface Stat {
  readonly parent: number;
  /** Milliseconds of the process itself. */
  readonly own: number;
  /** Milliseconds of its children that have ended. */
  readonly ended: number;
}

/** `undefined` where there is no such process, or no /proc. */
export async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readStat(text);
}

/** @param text a line of /proc/<pid>/stat: the name of the program is in parentheses, and may contain anything */
export function readStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((at) => Number(fields[at])) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { parent, own: (user + system) * MS_PER_TICK, ended: (endedUser + endedSystem) * MS_PER_TICK };
}

/** The CPU time of a server so far, in milliseconds: of its first process, of all that it has started, and of those that have ended. */
export async function serverCpu(postmaster: number): Promise<number | undefined> {
  const first = await statOf(postmaster);
  if (first === undefined) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(statOf));
  return stats.reduce((sum, stat) => sum + (stat?.parent === postmaster ? stat.own : 0), first.own + first.ended);
}
