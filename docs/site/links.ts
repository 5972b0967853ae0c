// Links of the pages: written for readers of the repository, and mapped to what the site has. What is outside of docs/
// (the sources, the examples) is not on the site, and its links become plain text.
import path from 'node:path';

/** The first page of the site is the README, whose links start at the root of the repository. */
const README = 'README.md';
const FIRST_PAGE = 'index.md';

/**
 * Where a link of a page leads on the site, relative to the page; `undefined` if it is not there.
 * @param page its path below docs/
 */
export function siteLink(page: string, href: string): string | undefined {
  if (/^([a-z]+:|#)/i.test(href)) return href;
  const [file = '', ...anchor] = href.split(/(?=#)/);
  const from = page === FIRST_PAGE ? '.' : path.posix.join('docs', path.posix.dirname(page));
  const target = path.posix.join(from, file);
  const below = target === README ? FIRST_PAGE : target.startsWith('docs/') ? target.slice('docs/'.length) : undefined;
  if (below === undefined) return undefined;
  const link = path.posix.relative(path.posix.dirname(page), below);
  return [link.startsWith('.') ? link : `./${link}`, ...anchor].join('');
}

/** A page's Markdown with its links mapped. Code is left as it is. */
export function rewriteLinks(page: string, markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```$|`[^`\n]*`(?!\]))/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\[((?:[^[\]]|\\[[\]])+)\]\(([^()\s]+)\)/g, (_link, text: string, href: string) => {
            const mapped = siteLink(page, href);
            return mapped === undefined ? text : `[${text}](${mapped})`;
          }),
    )
    .join('');
}

/** The id of a heading, as hosts of repositories make it. */
export const headingId = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

/** Links of built pages that lead to no file or to no heading. @param pages HTML by path, as `reference/cli.html` */
export function deadLinks(pages: ReadonlyMap<string, string>): string[] {
  const ids = new Map([...pages].map(([file, html]) => [file, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!))]));
  const dead: string[] = [];
  for (const [file, html] of pages)
    for (const [, href] of html.matchAll(/<a\b[^>]*\shref="([^"]+)"/g)) {
      if (/^[a-z]+:/i.test(href!)) continue;
      const { pathname, hash } = new URL(href!, `http://site/${file}`);
      const target = pathname.endsWith('/') ? `${pathname.slice(1)}index.html` : pathname.slice(1);
      const there = ids.get(target);
      if (!there || (hash !== '' && !there.has(decodeURIComponent(hash.slice(1))))) dead.push(`${file} -> ${href}`);
    }
  return dead;
}
