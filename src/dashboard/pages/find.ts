// Leads from an id that someone has in hand to its page: an emission, a delivery, or an idempotency key.
import { uuid } from '../../core/rules.ts';
import { link } from '../links.ts';
import type { PageRoute } from '../route.ts';

export const find: PageRoute = {
  method: 'GET',
  path: 'find',
  action: 'view',
  answer: async ({ query }) => {
    const id = (query.get('id') ?? '').trim();
    return new Response(null, {
      status: 302,
      headers: { location: uuid.accepts(id) ? link('emission', { id }) : link('delivery', { id }) },
    });
  },
};
