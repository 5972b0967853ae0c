// The version of this package, read from its manifest.
import { readFileSync } from 'node:fs';

let known: string | undefined;

/** `unknown` where a bundler has left the manifest behind. The file is read once. */
export const packageVersion = (): string => (known ??= readVersion());

function readVersion(): string {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const { name, version } = JSON.parse(text) as { name: string; version: string };
    return name === 'signalbox' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
