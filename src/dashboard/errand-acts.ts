// Acts on errands, and the beginning of one.
import { isSignalboxError } from '../errors.ts';
import type { ErrandRequest } from '../operate/errands/request.ts';
import { filterOf, searchOf, termsOf } from './filters.ts';
import { noticeOf } from './frame/notice.tsx';
import { assertMayAsk } from './guard/asking.ts';
import { Refusal } from './guard/refusal.ts';
import { backTo, link, withNotice } from './links.ts';
import type { ActRoute } from './route.ts';

const NOTICES = { pause: 'paused', resume: 'resumed', stop: 'stopped' } as const;

const changing = (verb: keyof typeof NOTICES): ActRoute => ({
  method: 'POST',
  path: `${verb}-errand`,
  action: 'act-in-bulk',
  answer: async ({ box, user }, form) => {
    await box.errands[verb](form.get('errand') ?? '', { by: user.name });
    return withNotice(backTo(form.get('back')), noticeOf(NOTICES[verb], 1));
  },
});

export const pauseErrand = changing('pause');
export const resumeErrand = changing('resume');
export const stopErrand = changing('stop');

/** What can be begun with all that match. @throws Refusal */
export function bulkAct(act: string | null): ErrandRequest['act'] {
  if (act === 'retry' || act === 'replay' || act === 'cancel') return act;
  throw new Refusal(400, 'It is not said what is to be done with what matches: retry, replay or cancel.');
}

/** Over which times retries and replays can be spread. */
export const SPREADS = ['1m', '10m', '1h', '6h'] as const;

export const beginBulk: ActRoute = {
  method: 'POST',
  path: 'begin',
  action: 'act-in-bulk',
  answer: async (visit, form) => {
    const { box, user } = visit;
    const act = bulkAct(form.get('act'));
    const terms = termsOf(form);
    await assertMayAsk(visit, terms);
    const over = SPREADS.find((spread) => spread === form.get('over'));
    const request: ErrandRequest = {
      act,
      filter: filterOf(terms),
      by: user.name,
      ...(over !== undefined && act !== 'cancel' && { over }),
      ...(act === 'cancel' && { because: form.get('because') || `Cancelled by ${user.name}.` }),
      ...(act === 'replay' && { actsAgain: form.get('again') === 'yes' }),
    };
    try {
      const { id } = await box.errands.begin(request);
      return withNotice(link('errand', { id }), noticeOf('begun', 1));
    } catch (error) {
      // The same was begun before, most likely by a second click: there is its page.
      if (isSignalboxError(error, 'ErrandUnfinished'))
        return withNotice(link('errand', { id: error.details.errandId }), noticeOf('same', 1));
      if (isSignalboxError(error, 'ActsAgain')) return `${link('bulk')}?act=replay&again=ask&${searchOf(terms)}`;
      throw error;
    }
  },
};
