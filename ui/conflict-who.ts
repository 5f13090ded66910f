/** Who changed a side of a conflict last, and when, in a few words. */
import { type ConflictSide, type PublishRequest, tidToMs } from '../server/index.js';
import { timeInWords } from './helpers.js';
import { userOf } from './transaction-user.js';

/** `ines, yesterday 16:12`; `''` where that is not known. */
export function sideBy(request: PublishRequest, { tid }: Pick<ConflictSide, 'tid'>): string {
  if (tid === 0) return '';
  const user = userOf(tid, request);
  return [user, timeInWords(tidToMs(tid), request.nowMs)].filter((each) => each !== '').join(', ');
}
