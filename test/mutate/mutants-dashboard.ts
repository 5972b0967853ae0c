// Mutants of the dashboard: who is asked and who is let in, what a page makes of texts, and what an act means.
import { mutantsOf } from './mutant.ts';

const access = ['test/dashboard/access.test.ts'];
const acting = ['test/dashboard/acting.test.ts'];
const frame = ['test/dashboard/frame.test.ts'];
const texts = ['test/dashboard/texts.test.ts'];

export const dashboardMutants = [
  ...mutantsOf({ file: 'src/dashboard/dashboard.tsx', tests: access }, [
    { name: 'dashboard: nobody is let in unasked', find: 'if (!user)', replace: 'if (user === null)' },
    { name: 'dashboard: an act comes from the same origin', find: 'if (!isSameOrigin(request))', replace: 'if (false)' },
    { name: 'dashboard: an act has the token', find: 'if (!hasToken(form, request, visit.user.name))', replace: 'if (false)' },
    { name: 'dashboard: unexpected failures are logged', tests: frame, find: 'if (failureOf(error).unexpected)', replace: 'if (false)' },
    { name: 'dashboard: the prefix stays relative', tests: frame, find: 'location: `./${last}/', replace: 'location: `${last}/' },
    { name: 'dashboard: a file is no prefix', tests: frame, find: " || last.includes('.')", replace: '' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/guard/access.ts', tests: access }, [
    { name: 'dashboard: read-only is read-only', find: 'if (this.#readOnly && ', replace: 'if (false && ' },
    { name: 'dashboard: only a name is a yes', tests: frame, find: 'if (actor.accepts(name))', replace: 'if (answer)' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/guard/same-origin.ts', tests: access }, [
    { name: 'dashboard: a neighbour is no same origin', find: "site === 'same-origin'", replace: "site.startsWith('same')" },
    {
      name: 'dashboard: the browser is believed before the origin',
      find: "if (site !== null) return site === 'same-origin';",
      replace: '',
    },
    { name: 'dashboard: no origin is no same origin', find: 'origin === null || ', replace: 'origin !== null && ' },
    {
      name: 'dashboard: a port makes another origin',
      find: '.includes(new URL(origin).host)',
      replace: '.some((host) => host?.startsWith(new URL(origin).hostname))',
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/guard/csrf.ts', tests: access }, [
    { name: 'dashboard: a token is a person’s', find: '.update(name)', replace: ".update('')" },
    { name: 'dashboard: a token is a browser’s', find: "createHmac('sha256', secret)", replace: "createHmac('sha256', '')" },
    { name: 'dashboard: script does not get the secret', find: '; HttpOnly', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/guard/asking.ts', tests: texts }, [
    {
      name: 'dashboard: a search is an answer',
      find: "if (!readsPayload(terms) || (await visit.may('view-payload'))) return;",
      replace: 'if (visit) return;',
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/pages/deliveries.tsx', tests: texts }, [
    { name: 'dashboard: a list is asked for', find: '    await assertMayAsk(visit, terms);\n', replace: '' },
    {
      name: 'dashboard: a filter is kept through an act',
      tests: acting,
      find: "link('deliveries', { ...queryOfTerms(terms), cursor:",
      replace: "link('deliveries', { cursor:",
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/pages/bulk.tsx', tests: texts }, [
    { name: 'dashboard: a preview is asked for', find: '    await assertMayAsk(visit, given);\n', replace: '' },
    {
      name: 'dashboard: the act is of what was previewed',
      tests: acting,
      find: 'values.map((value) => <input type="hidden"',
      replace: 'values.slice(1).map((value) => <input type="hidden"',
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/errand-acts.ts', tests: texts }, [
    { name: 'dashboard: a bulk act is asked for', find: '    await assertMayAsk(visit, terms);\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/frame/page.tsx', tests: texts }, [
    { name: 'dashboard: controls are shown', find: 'escaped(html)', replace: 'html' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/delivery-table.tsx', tests: texts }, [
    { name: 'dashboard: messages in lists are withheld', find: '{texts && <span class="sub clamp">', replace: '{<span class="sub clamp">' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/attempts.tsx', tests: texts }, [
    { name: 'dashboard: messages are withheld', find: '{texts && <p class="error-text">', replace: '{<p class="error-text">' },
    { name: 'dashboard: stacks are withheld', find: '{texts && stack !== undefined && (', replace: '{stack !== undefined && (' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/stored.tsx', tests: texts }, [
    { name: 'dashboard: payloads are withheld', find: '{!texts ? (', replace: '{texts === undefined ? (' },
    { name: 'dashboard: headers are withheld', find: '{texts && headers !== undefined && (', replace: '{headers !== undefined && (' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/filter-words.tsx', tests: texts }, [
    { name: 'dashboard: what was searched for in errors is withheld', find: 'texts ? error.name : hidden', replace: 'error.name' },
    {
      name: 'dashboard: what was searched for in payloads is withheld',
      find: "texts ? `${payload.path.join('.')} = a value that is not kept` : hidden",
      replace: "payload.path.join('.')",
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/pages/audit.tsx', tests: texts }, [
    { name: 'dashboard: reasons are withheld', find: '{texts && because !== undefined &&', replace: '{because !== undefined &&' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/links.ts', tests: acting }, [
    {
      name: 'dashboard: an act leads nowhere else',
      find: "/^\\.\\/([a-z-]*)(\\?[^#\\s]*)?$/.exec(from ?? '') ?? []",
      replace: "/^(?:\\.\\/)?([^?]*)(\\?[^#\\s]*)?$/.exec(from ?? '') ?? []",
    },
  ]),
  ...mutantsOf({ file: 'src/dashboard/parts/text.tsx', tests: acting }, [
    { name: 'dashboard: a page has an end', find: 'text.slice(0, SHOWN)', replace: 'text' },
  ]),
  ...mutantsOf({ file: 'src/dashboard/frame/failure.tsx', tests: acting }, [
    { name: 'dashboard: too slow is no failure of ours', find: 'if (state === CANCELLED)', replace: 'if (false)' },
  ]),
];
