// The audit: what operators did, the latest first.
import type { FC } from 'hono/jsx';
import type { AuditEntry } from '../../store/audit/audit.ts';
import type { DeliveryQuery } from '../../store/operations/filter.ts';
import { link } from '../links.ts';
import { FilterWords } from '../parts/filter-words.tsx';
import { Empty, Head } from '../parts/head.tsx';
import { Badge } from '../parts/states.tsx';
import { Time } from '../parts/values.tsx';
import type { PageRoute } from '../route.ts';

const ON_A_PAGE = 100;

export const audit: PageRoute = {
  method: 'GET',
  path: 'audit',
  action: 'view',
  answer: async (visit) => {
    const beforeId = visit.query.get('before') || undefined;
    const [entries, texts] = await Promise.all([
      visit.box.audit.list({ limit: ON_A_PAGE, ...(beforeId !== undefined && { beforeId }) }),
      visit.may('view-payload'),
    ]);
    return {
      title: 'Audit',
      body: (
        <>
          <Head title="Audit" lead="Every act of an operator, written before it begins and completed after it. Kept for 400 days." />
          <section class="card" aria-label="Entries">
            {entries.length === 0 ? <Empty title="No operator has acted" /> : <Entries entries={entries} texts={texts} />}
            {entries.length === ON_A_PAGE && (
              <nav class="card-foot" aria-label="Pages of the audit">
                <a class="button small" rel="next" href={link('audit', { before: entries.at(-1)!.id })}>
                  Earlier ones
                </a>
              </nav>
            )}
          </section>
        </>
      ),
    };
  },
};

const Entries: FC<{ entries: readonly AuditEntry[]; texts: boolean }> = ({ entries, texts }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">Act</th>
          <th scope="col">Of</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr>
            <td data-label="When">
              <Time at={entry.at} />
            </td>
            <td data-label="Who">{entry.by}</td>
            <td data-label="Act">
              <span class="name">{entry.act}</span>
            </td>
            <td data-label="Of">
              <About about={entry.about} texts={texts} />
            </td>
            <td data-label="Outcome">
              <Outcome entry={entry} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** What quotes payloads or errors is for those who may see them: the reason of a cancel is noted as an error. */
const About: FC<{ about: AuditEntry['about']; texts: boolean }> = ({ about: { filter, because, path, ...rest }, texts }) => (
  <>
    {Object.entries(rest).map(([name, value]) => (
      <span class="sub">
        {name}{' '}
        <span class="plain">
          {name === 'emissionId' ? <a href={link('emission', { id: String(value) })}>{String(value)}</a> : told(value)}
        </span>
      </span>
    ))}
    {filter !== undefined && <FilterWords query={filter as Partial<DeliveryQuery>} texts={texts} />}
    {texts && because !== undefined && <span class="sub">because: {told(because)}</span>}
    {texts && path !== undefined && <span class="sub">path {told(path)}</span>}
  </>
);

const told = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const Outcome: FC<{ entry: AuditEntry }> = ({ entry: { result, errandId, finishedAt } }) => (
  <>
    {result === undefined ? (
      <span class="quiet">{finishedAt ? 'none' : 'goes on, or was cut off'}</span>
    ) : 'error' in result ? (
      <Badge state="dead" word={told(result['error'])} />
    ) : (
      Object.entries(result)
        .map(([name, value]) => `${name} ${told(value)}`)
        .join(', ')
    )}
    {errandId !== undefined && (
      <a class="sub" href={link('errand', { id: errandId })}>
        its errand
      </a>
    )}
  </>
);
