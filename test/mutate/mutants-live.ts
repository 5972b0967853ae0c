// Mutants of what a page keeps open and what it leads to: live streams, links to traces, groups of errors, the tree of a delivery.
import { mutantsOf } from './mutant.ts';

const live = ['test/dashboard/live.test.ts'];
const trace = ['test/dashboard/trace-link.test.ts'];
const groups = ['test/dashboard/error-groups.test.ts'];
const seen = ['test/dashboard/seen.test.ts'];

export const liveMutants = [
  ...mutantsOf({ file: 'src/dashboard/live/slots.ts', tests: live }, [
    { name: 'live: streams have an end', find: 'if (this.#taken >= this.#most)', replace: 'if (false)' },
    { name: 'live: the last place is one', find: 'this.#taken >= this.#most', replace: 'this.#taken >= this.#most - 1' },
    { name: 'live: a place is given back', find: 'if (!isBack) this.#taken--;', replace: '' },
    { name: 'live: a place is given back once', find: 'if (!isBack) this.#taken--;', replace: 'this.#taken--;' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/live/stream.ts', tests: live }, [
    { name: 'live: the end is told', find: '.finally(options.onEnd)', replace: '' },
    { name: 'live: what has not changed is not sent', find: 'if (markup !== last)', replace: 'if (markup)' },
    {
      name: 'live: no content is the end',
      find: 'if (markup === undefined) break;',
      replace: '',
      hangs: 'the stream of the test has no other end',
    },
    { name: 'live: what failed is not asked for at once', find: "send('retry: 30000\\n\\n')", replace: "send('retry: 2000\\n\\n')" },
    { name: 'live: a reader that cancels ends it', find: 'cancel: () => over.abort(),', replace: '' },
    { name: 'live: a line of content is a line of the event', find: "    .split('\\n')\n", replace: "    .split('\\r')\n" },
  ]),
  ...mutantsOf({ file: 'src/dashboard/dashboard.tsx', tests: live }, [
    {
      name: 'live: a page of the dashboard alone',
      find: 'asked !== backTo(asked) ? undefined : ',
      replace: '',
      hangs: 'the test reads the answer to its end, and a stream that is not refused has none',
    },
    {
      name: 'live: a person is asked for before there is a stream',
      find: '    await this.#visit(page, route.action, secret);\n    const content',
      replace: '    const content',
    },
    {
      name: 'live: a person is asked for each time',
      find: `    await this.#visit(page, route.action, secret);
    const content = async (): Promise<string | undefined> => {
      const visit = await this.#visit(page, route.action, secret);`,
      replace: `    const visit = await this.#visit(page, route.action, secret);
    const content = async (): Promise<string | undefined> => {`,
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/trace-link.ts', tests: trace }, [
    {
      name: 'trace: a script is no address',
      find: "return protocol === 'https:' || protocol === 'http:' ? href : undefined;",
      replace: 'return protocol && href;',
    },
    { name: 'trace: an id of zeros', find: '(?!0{32})', replace: '' },
    { name: 'trace: a forbidden version', find: '(?!ff)', replace: '' },
    { name: 'trace: the header is nothing else', find: '(-.*)?$/', replace: '/' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/stored.tsx', tests: trace }, [
    { name: 'trace: the link is withheld', find: '{texts && trace !== undefined && (', replace: '{trace !== undefined && (' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/pages/errors.tsx', tests: groups }, [
    {
      name: 'groups: what no filter finds has no link',
      find: 'const filter = error === undefined ? undefined : {',
      replace: 'const filter = {',
    },
    { name: 'groups: a link that finds more says so', find: 'other.search !== group.search', replace: 'other.message !== group.message' },
  ]),
  ...mutantsOf({ file: 'src/operate/reads.ts', tests: groups }, [
    { name: 'groups: a message that is not searched by', find: 'redactor.showsErrors ? startOf', replace: 'redactor ? startOf' },
    { name: 'groups: a name that is redacted', find: "name === row.name ? (name ?? '') : ''", replace: "(name ?? '')" },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/caused-tree.tsx', tests: seen }, [
    { name: 'caused: by another receiver', find: 'each.receiver === receiver', replace: 'true' },
    { name: 'caused: by what another receiver caused', find: 'kept.has(each.causedBy)', replace: 'true' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/history.ts', tests: seen }, [
    { name: 'history: counts that may not be written', find: ' + WRITE_EVERY_MS', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/liveness/rescue.ts', tests: ['test/operate/tallies.test.ts'] }, [
    { name: 'tallies: deaths by crashes', find: '        onDead?.(receiverId);\n', replace: '' },
  ]),
];
