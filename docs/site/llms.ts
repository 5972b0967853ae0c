// llms.txt and llms-full.txt: the documentation for programs that read. The first is a list of its pages, the second
// all of them in one file.
import type { Page } from './pages.ts';

/** Title, summary, and the pages by group, with links to their Markdown. */
export function llmsTxt(pages: readonly Page[]): string {
  const first = pages[0]!;
  const groups = [...new Set(pages.map(({ group }) => group))].map((group) => {
    const lines = pages
      .filter((page) => page.group === group)
      .map(({ title, path, description }) => `- [${title}](${path}): ${description}`);
    return `## ${group}\n\n${lines.join('\n')}\n`;
  });
  return [
    `# ${first.title}\n`,
    `> ${summaryOf(first.text)}\n`,
    'The same pages in one file: [llms-full.txt](llms-full.txt).\n',
    ...groups,
  ].join('\n');
}

/** The pages one after the other, each under the path that links name it by. */
export function llmsFullTxt(pages: readonly Page[]): string {
  return pages.map(({ path, text }) => `<!-- ${path} -->\n\n${text.trim()}\n`).join('\n');
}

/** The first paragraph, in one line. */
function summaryOf(markdown: string): string {
  const [paragraph = ''] = markdown.replace(/^# .*\n+/, '').split(/\n\n/, 1);
  return paragraph.replaceAll('\n', ' ').replaceAll('**', '');
}
