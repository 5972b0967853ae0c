// The site, as VitePress builds it from docs/: navigation from the list of pages, search in the browser, nothing from
// elsewhere. After the build, links are checked down to the headings, and the texts for programs are written beside.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defineConfig } from 'vitepress';
import { deadLinks, headingId, siteLink } from '../links.ts';
import { llmsFullTxt, llmsTxt } from '../llms.ts';
import { drawStateDiagram } from '../state-diagram.ts';
import { groups, readPages, writtenPages } from '../pages.ts';

const pages = await readPages({ with: 'api' });
const unlisted = (await writtenPages()).filter((file) => !pages.some((page) => page.path === file));
if (unlisted.length > 0) throw new Error(`List in docs/site/pages.ts: ${unlisted.join(', ')}.`);

/** A folder's README is its first page. */
const published = (file: string): string => file.replace(/(^|\/)README\.md\b/, '$1index.md');
const address = (file: string): string => `/${published(file).replace(/(^|\/)index\.md$/, '$1')}`;

const FIRST_LABEL = 'Overview';

export default defineConfig({
  title: 'Signalbox',
  description: 'Reliable signals for Drizzle ORM on PostgreSQL.',
  lang: 'en',
  srcDir: '..',
  srcExclude: ['site/**'],
  outDir: './.vitepress/dist',
  rewrites: Object.fromEntries(pages.filter(({ path }) => published(path) !== path).map(({ path }) => [path, published(path)])),
  head: [],
  metaChunk: true,
  markdown: {
    // The ids that headings have where the repository is read.
    anchor: { slugify: headingId },
    config(md) {
      const fence = md.renderer.rules.fence!;
      md.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index]!;
        return info.trim() === 'mermaid' ? `<div v-pre>${drawStateDiagram(content)}</div>` : fence(tokens, index, ...rest);
      };
      // Before anything is rendered, so that VitePress sees, and checks, the links of the site.
      md.core.ruler.push('site-links', ({ tokens, env }) => {
        const page = path.relative(path.resolve(import.meta.dirname, '../..'), (env as { path: string }).path);
        for (const { children } of tokens) {
          for (const [index, token] of children?.entries() ?? []) {
            if (token.type === 'image') token.attrSet('src', siteLink(page, token.attrGet('src') ?? '')!);
            if (token.type !== 'link_open') continue;
            const link = siteLink(page, token.attrGet('href') ?? '');
            if (link !== undefined) token.attrSet('href', published(link));
            else {
              const close = children!.slice(index).find(({ type }) => type === 'link_close')!;
              for (const part of [token, close]) Object.assign(part, { type: 'text', tag: '', nesting: 0, content: '' });
            }
          }
        }
      });
    },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Guides', link: '/guides/signals', activeMatch: '^/guides/' },
      { text: 'Reference', link: '/reference/cli', activeMatch: '^/reference/(?!api/)' },
      { text: 'API', link: '/reference/api/signalbox', activeMatch: '^/reference/api/' },
      { text: 'Design', link: '/design/', activeMatch: '^/design/' },
    ],
    sidebar: groups.map(({ title }) => ({
      text: title,
      collapsed: title === 'Design records',
      items: pages
        .filter(({ group }) => group === title)
        .map((page) => ({ text: page.path === 'index.md' ? FIRST_LABEL : page.title, link: address(page.path) })),
    })),
    outline: [2, 3],
    search: { provider: 'local' },
    externalLinkIcon: true,
  },
  vite: {
    plugins: [
      {
        // The pages lie above this folder, and would not find its node_modules when they are rendered.
        name: 'site-modules',
        enforce: 'pre',
        resolveId: (id, _importer, { ssr }) => (ssr && /^vue(\/|$)/.test(id) ? { id, external: true } : null),
      },
    ],
  },
  async buildEnd({ outDir }) {
    const built = new Map<string, string>();
    for (const file of await readdir(outDir, { recursive: true }))
      if (file.endsWith('.html')) built.set(file.replaceAll(path.sep, '/'), await readFile(path.join(outDir, file), 'utf8'));
    const dead = deadLinks(built);
    if (dead.length > 0) throw new Error(`Dead links:\n${dead.join('\n')}`);

    await writeFile(path.join(outDir, 'llms.txt'), llmsTxt(pages));
    await writeFile(path.join(outDir, 'llms-full.txt'), llmsFullTxt(pages));
    for (const { path: file, text } of pages) {
      await mkdir(path.dirname(path.join(outDir, file)), { recursive: true });
      await writeFile(path.join(outDir, file), text);
    }
  },
});
