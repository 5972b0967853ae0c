// The manifest: the names and versions that rows may carry, committed beside the code. Compared with the code of the next release it shows
// which stored rows would lose their receiver or the reader of their payload, before a deploy does. Pure.
//
// A name may go once no row has it; only a person, or a database, knows that. So a manifest that is written anew accepts what is gone,
// and the difference is in the review of the commit.
import type { Receiver } from './receivers.ts';

export const MANIFEST_VERSION = 1;

/** What a release can run. */
export interface Manifest {
  readonly manifest: typeof MANIFEST_VERSION;
  /** The version of each signal that has a receiver, and whether it converts older payloads. */
  readonly signals: Readonly<Record<string, { readonly version: number; readonly upcasts: boolean }>>;
  /** By signal: the receivers, each with its former names. */
  readonly receivers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Something that a release would do to rows that are stored. */
export interface ManifestProblem {
  readonly problem: 'receiver-gone' | 'version-lowered' | 'upcast-missing' | 'outdated';
  /** One sentence, and the next step. */
  readonly message: string;
}

/** Each list in the order of names, so that a manifest changes only where the code does. */
export function manifestOf(receivers: readonly Receiver[]): Manifest {
  const sorted = receivers.toSorted((a, b) => (a.signal.name + ' ' + a.name < b.signal.name + ' ' + b.name ? -1 : 1));
  const signals: Record<string, { version: number; upcasts: boolean }> = {};
  const bySignal: Record<string, Record<string, readonly string[]>> = {};
  for (const { name, formerly, signal } of sorted) {
    signals[signal.name] = { version: signal.version, upcasts: signal.upcast !== undefined };
    (bySignal[signal.name] ??= {})[name] = formerly.toSorted();
  }
  return { manifest: MANIFEST_VERSION, signals, receivers: bySignal };
}

/** What the code `now` would do to rows of releases that had the manifest `before`. */
export function compareManifests(before: Manifest, now: Manifest): ManifestProblem[] {
  return [...goneReceivers(before, now), ...unreadVersions(before, now), ...outdated(before, now)];
}

function* goneReceivers(before: Manifest, now: Manifest): Generator<ManifestProblem> {
  for (const [signal, receivers] of Object.entries(before.receivers)) {
    const present = now.receivers[signal] ?? {};
    const known = new Set(Object.entries(present).flatMap(([name, formerly]) => [name, ...formerly]));
    const heirs = Object.keys(present).filter((name) => !(name in receivers));
    for (const name of Object.keys(receivers))
      if (!known.has(name)) yield { problem: 'receiver-gone', message: goneMessage(name, signal, heirs) };
  }
}

function goneMessage(name: string, signal: string, heirs: readonly string[]): string {
  const renamed = heirs.length === 0 ? 'its new name' : heirs.join(' or ');
  return `No receiver of ${signal} has the name ${name}: what is stored for it would wait for ever. If it was renamed, add formerly: ['${name}'] to ${renamed}; if it is gone on purpose, run: signalbox receivers retire ${name}, then signalbox check --write.`;
}

function* unreadVersions(before: Manifest, now: Manifest): Generator<ManifestProblem> {
  for (const [signal, { version }] of Object.entries(before.signals)) {
    const present = now.signals[signal];
    if (present === undefined || present.version === version) continue;
    if (present.version < version)
      yield {
        problem: 'version-lowered',
        message: `${signal} is of version ${present.version}, and a release had ${version}: payloads of that version wait for a program that reads them. Keep the version, or raise it.`,
      };
    else if (!present.upcasts)
      yield {
        problem: 'upcast-missing',
        message: `${signal} went from version ${version} to ${present.version} without an upcast: payloads that are stored as ${version} are read by the new schema as they are. Add upcast to defineSignal; if the new schema reads them, run: signalbox check --write.`,
      };
  }
}

function* outdated(before: Manifest, now: Manifest): Generator<ManifestProblem> {
  const added = Object.entries(now.receivers).flatMap(([signal, receivers]) =>
    Object.entries(receivers).flatMap(([name, formerly]) => {
      const known = before.receivers[signal]?.[name];
      return known !== undefined && formerly.every((former) => known.includes(former)) ? [] : [`${name} of ${signal}`];
    }),
  );
  if (added.length > 0)
    yield {
      problem: 'outdated',
      message: `The manifest does not have ${added.join(', ')}, so it could not miss them later. Run: signalbox check --write, and commit the file.`,
    };
}

/** What rows there are for a receiver. */
export interface StoredRows {
  readonly signal: string;
  /** All names of the receiver. */
  readonly names: readonly string[];
  /** The name under which it was announced last. */
  readonly name: string;
  /** Live and dead deliveries, counted to a bound. */
  readonly rows: number;
  readonly oldest: number;
  readonly newest: number;
}

/** What the code `now` would do to the rows of a database. */
export function compareRows(stored: readonly StoredRows[], now: Manifest): ManifestProblem[] {
  return stored.flatMap(({ signal, names, name, newest, rows }): ManifestProblem[] => {
    const present = Object.entries(now.receivers[signal] ?? {});
    const isKnown = present.some(([own, formerly]) => [own, ...formerly].some((each) => names.includes(each)));
    const count = `${rows >= 1_000 ? '1,000+' : rows} ${rows === 1 ? 'delivery' : 'deliveries'}`;
    if (!isKnown)
      return [
        {
          problem: 'receiver-gone',
          message: `The database has ${count} for it. ${goneMessage(
            name,
            signal,
            present.map(([own]) => own),
          )}`,
        },
      ];
    const { version } = now.signals[signal]!;
    return newest > version
      ? [
          {
            problem: 'version-lowered',
            message: `The database has deliveries of ${signal} in version ${newest} for ${name}, and this code reads up to ${version}. Raise the version of the signal.`,
          },
        ]
      : [];
  });
}
