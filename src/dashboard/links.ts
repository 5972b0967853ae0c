// Addresses within the dashboard. All pages lie in one folder, so every link is the name of a page and a query, whatever the prefix is
// under which the application has mounted it, and whatever a proxy makes of that.

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** @param page the name of a page; `''` is the overview */
export function link(page: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [value])
      if (each !== undefined && each !== '') search.append(name, String(each));
  // A page of our own begins with no slash and no scheme.
  return `./${page}${search.size > 0 ? `?${search.toString()}` : ''}`;
}

/** The last part of a path, as it stands in the address. */
export const lastPart = (pathname: string): string => pathname.slice(pathname.lastIndexOf('/') + 1);

/**
 * Where a person came from, as a form says it: the name of a page and its query. Anything else leads to the overview: an answer never leads
 * out of the dashboard.
 */
export function backTo(from: string | null): string {
  const [, page, query = ''] = /^\.\/([a-z-]*)(\?[^#\s]*)?$/.exec(from ?? '') ?? [];
  return page === undefined ? link('') : `./${page}${query}`;
}

/** The same address with a word on what was done, which its page shows. */
export function withNotice(to: string, notice: string): string {
  const [page = '', query = ''] = to.split('?', 2);
  const search = new URLSearchParams(query);
  search.set('done', notice);
  return `${page}?${search.toString()}`;
}
