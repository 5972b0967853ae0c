// A mutant is one guard of the source removed. Also finds a guard in its file and removes it there. Pure.

export interface Mutant {
  /** Says which guard is missing, in words; no two have the same. */
  readonly name: string;
  /** The source file, from the root of the project. */
  readonly file: string;
  /** Only the text of this top-level constant counts, such as a statement by its name. */
  readonly within?: string;
  /** The text of the guard. It must occur `count` times, once unless given, and each is replaced. */
  readonly find: string;
  readonly replace: string;
  readonly count?: number;
  /** Files or folders of tests, of which one test must fail. */
  readonly tests: readonly string[];
  /** Of a long file, only the tests whose names match this. */
  readonly named?: string;
  /**
   * Why the tests do not end, or the process ends before them: without a reason, that proves nothing about their
   * assertions.
   */
  readonly hangs?: string;
  /** Why no test can fail: the mutated code behaves as before. */
  readonly equivalent?: string;
}

/** Several mutants of one file with the same tests, or of one constant in it. */
export function mutantsOf(about: Pick<Mutant, 'file' | 'tests' | 'named' | 'within'>, list: readonly (Part | Mutant)[]): Mutant[] {
  return list.map((part) => ({ ...about, ...part }));
}

export type Part = Pick<Mutant, 'name' | 'find' | 'replace'> & Partial<Mutant>;

/** The text of a file with the mutant in it. @throws when the guard is not there as often as the mutant says. */
export function mutate(text: string, mutant: Mutant): string {
  const [start, end] = rangeOf(text, mutant);
  const pieces = text.slice(start, end).split(mutant.find);
  const { count = 1 } = mutant;
  if (pieces.length - 1 !== count)
    throw new Error(
      `The mutant "${mutant.name}" no longer fits ${mutant.file}: its text occurs ${pieces.length - 1} times, not ${count}. ` +
        `Has the guard moved or been rewritten? Then change the mutant with it; take it away only with its guard.\n${mutant.find}`,
    );
  return text.slice(0, start) + pieces.join(mutant.replace) + text.slice(end);
}

/** The names of the constants that a file exports, with the text of each. */
export function exportedConstants(text: string): string[] {
  return Array.from(text.matchAll(/^export const (\w+) = (?:statement\([^`]*\))?`/gm), ([, name]) => name!);
}

/** From the constant to the next line that begins a declaration or a comment. */
function rangeOf(text: string, { name, file, within }: Mutant): [start: number, end: number] {
  if (within === undefined) return [0, text.length];
  const start = new RegExp(`^(export )?const ${within}\\b`, 'm').exec(text)?.index;
  if (start === undefined) throw new Error(`The mutant "${name}" is about ${within}, which ${file} does not have.`);
  const next = /\n(export |const |function |\/\*\*|\/\/)/.exec(text.slice(start));
  return [start, next ? start + next.index : text.length];
}
