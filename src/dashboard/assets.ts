// The files that pages load, from this package and from the one of Turbo: nothing comes from elsewhere. They hold nothing of the database.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FAVICON } from './frame/icons.tsx';
import { LIVE_SCRIPT } from './live/script.ts';
import { STYLE_SHEET } from './styles/sheet.ts';

export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** By their names. */
export type Assets = ReadonlyMap<string, Asset>;

/** @throws Error `MODULE_NOT_FOUND` if the package of Turbo is not installed */
export function readAssets(): Assets {
  const turbo = createRequire(import.meta.url).resolve('@hotwired/turbo');
  return new Map([
    ['style.css', { type: 'text/css; charset=utf-8', text: STYLE_SHEET }],
    ['turbo.js', { type: 'text/javascript; charset=utf-8', text: readFileSync(turbo, 'utf8') }],
    ['live.js', { type: 'text/javascript; charset=utf-8', text: LIVE_SCRIPT }],
    ['icon.svg', { type: 'image/svg+xml', text: FAVICON }],
  ]);
}

/** The address of an asset, which changes with its content, so that browsers may keep it. */
export function assetLink(assets: Assets, name: string): string {
  const { text } = assets.get(name)!;
  return `./${name}?v=${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
