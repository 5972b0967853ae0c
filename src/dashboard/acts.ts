// Acts on one delivery. Each leads back to the page from which it came, with its filter.
import { backTo, withNotice } from './links.ts';
import { noticeOf } from './frame/notice.tsx';
import type { ActRoute } from './route.ts';

/** The delivery that a form names. The box refuses what is missing: an act never widens to all receivers of an emission. */
const addressOf = (form: URLSearchParams): { readonly emissionId: string; readonly receiver: string } => ({
  emissionId: form.get('emission') ?? '',
  receiver: form.get('receiver') ?? '',
});

export const retry: ActRoute = {
  method: 'POST',
  path: 'retry',
  action: 'act',
  answer: async ({ box, user }, form) => {
    const { length } = await box.deliveries.retry(addressOf(form), { by: user.name });
    return withNotice(backTo(form.get('back')), noticeOf('retried', length));
  },
};

export const replay: ActRoute = {
  method: 'POST',
  path: 'replay',
  action: 'act',
  answer: async ({ box, user }, form) => {
    const { length } = await box.deliveries.replay(addressOf(form), { by: user.name });
    return withNotice(backTo(form.get('back')), noticeOf('replayed', length));
  },
};

export const cancel: ActRoute = {
  method: 'POST',
  path: 'cancel',
  action: 'act',
  answer: async ({ box, user }, form) => {
    const because = form.get('because') || `Cancelled by ${user.name}.`;
    const { length } = await box.deliveries.cancel(addressOf(form), because, { by: user.name });
    return withNotice(backTo(form.get('back')), noticeOf('cancelled', length));
  },
};
