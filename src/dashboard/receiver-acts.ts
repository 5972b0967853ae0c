// Acts on receivers and queues.
import { backTo, link, withNotice } from './links.ts';
import { noticeOf } from './frame/notice.tsx';
import type { ActRoute, Visit } from './route.ts';

/** @param change returns the address to which it leads */
const configuring = (path: string, change: (visit: Visit, form: URLSearchParams, back: string) => Promise<string>): ActRoute => ({
  method: 'POST',
  path,
  action: 'configure',
  answer: async (visit, form) => change(visit, form, backTo(form.get('back'))),
});

const nameIn = (form: URLSearchParams): string => form.get('receiver') ?? '';

export const pauseReceiver = configuring('pause-receiver', async ({ box, user }, form, back) =>
  withNotice(back, noticeOf('paused', Number(await box.receivers.pause(nameIn(form), { by: user.name })))),
);

export const resumeReceiver = configuring('resume-receiver', async ({ box, user }, form, back) =>
  withNotice(back, noticeOf('resumed', Number(await box.receivers.resume(nameIn(form), { by: user.name })))),
);

export const moveReceiver = configuring('move-receiver', async ({ box, user }, form) => {
  const { id } = await box.receivers.move(nameIn(form), form.get('to') ?? '', { by: user.name, dead: form.get('dead') === 'yes' });
  return withNotice(link('errand', { id }), noticeOf('begun', 1));
});

export const retireReceiver = configuring('retire-receiver', async ({ box, user }, form, back) => {
  const waiting = form.get('waiting') === 'cancel' ? 'cancel' : 'keep';
  const { changed, errand } = await box.receivers.retire(nameIn(form), { by: user.name, waiting });
  return errand
    ? withNotice(link('errand', { id: errand.id }), noticeOf('begun', 1))
    : withNotice(back, noticeOf('retired', Number(changed)));
});

export const pauseQueue = configuring('pause-queue', async ({ box, user }, form, back) =>
  withNotice(back, noticeOf('paused', Number(await box.queues.pause(form.get('queue') ?? '', { by: user.name })))),
);

export const resumeQueue = configuring('resume-queue', async ({ box, user }, form, back) =>
  withNotice(back, noticeOf('resumed', Number(await box.queues.resume(form.get('queue') ?? '', { by: user.name })))),
);
