// Notices when files change. It watches the folders of the files, because editors replace a file rather than write into
// it. It watches no other folders: it walks no tree and no node_modules, and files that a program writes beside its
// code restart nothing.
import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import path from 'node:path';

/** A pause after the last change: editors write in several steps, compilers write many files. */
const QUIET_MS = 100;

/** Names that may be code, or a folder of code. */
const CODE = /(^[^.]+|\.([cm]?[jt]sx?|json))$/;

export class Changes {
  readonly #files = new Set<string>();
  readonly #folders = new Map<string, FSWatcher>();
  #since = Date.now();
  #changed: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tell: ((file: string) => void) | undefined;
  #any = false;

  /**
   * Watches a file from now on. If it has changed since {@link reset}, that counts as a change: its reader may have
   * read the old text.
   */
  add(file: string): void {
    if (this.#files.has(file)) return;
    this.#files.add(file);
    this.#open(path.dirname(file));
    if (modifiedAt(file) > this.#since) this.#note(file);
  }

  /** Forgets earlier changes. Folders that were deleted and made again meanwhile are watched anew. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#changed = undefined;
    this.#any = false;
    this.#since = Date.now();
    this.#close();
    for (const file of this.#files) this.#open(path.dirname(file));
  }

  /** From now on until {@link reset}, a change of any file that may be code counts, also of a new file. */
  countAny(): void {
    this.#any = true;
  }

  /** The next file that changes, after a moment without further changes. One call at a time. */
  async next(): Promise<string> {
    return new Promise((resolve) => {
      this.#tell = resolve;
      if (this.#changed !== undefined) this.#note(this.#changed);
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#close();
  }

  #open(folder: string): void {
    if (this.#folders.has(folder) || !existsSync(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      // Some platforms do not always name the file.
      if (name === null) this.#note(folder);
      else if (this.#files.has(path.join(folder, name)) || (this.#any && CODE.test(name))) this.#note(path.join(folder, name));
    });
    watcher.on('error', () => watcher.close());
    this.#folders.set(folder, watcher);
  }

  #note(file: string): void {
    this.#changed = file;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell?.(file), QUIET_MS);
  }

  #close(): void {
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }
}

/** 0 for a file that is not there. */
const modifiedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
