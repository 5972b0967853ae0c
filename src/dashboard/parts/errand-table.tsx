// Errands as rows.
import type { FC } from 'hono/jsx';
import type { Errand } from '../../store/errands/errand.ts';
import { link } from '../links.ts';
import { FilterWords } from './filter-words.tsx';
import { Badge } from './states.tsx';
import { Time, wholeNumber } from './values.tsx';

export const ErrandTable: FC<{ errands: readonly Errand[]; texts: boolean }> = ({ errands, texts }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Errand</th>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Done
          </th>
          <th scope="col">Of</th>
          <th scope="col">By</th>
          <th scope="col">Begun</th>
          <th scope="col">Last came on</th>
        </tr>
      </thead>
      <tbody>
        {errands.map(({ id, act, to, filter, state, done, by, createdAt, updatedAt }) => (
          <tr>
            <td>
              <a class="name" href={link('errand', { id })}>
                {act}
                {to !== undefined && ` to ${to}`}
              </a>
            </td>
            <td data-label="State">
              <Badge state={state} />
            </td>
            <td class="num" data-label="Done">
              {wholeNumber(done)}
            </td>
            <td data-label="Of">
              <FilterWords query={filter} texts={texts} />
            </td>
            <td data-label="By">{by}</td>
            <td data-label="Begun">
              <Time at={createdAt} />
            </td>
            <td data-label="Came on">
              <Time at={updatedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
