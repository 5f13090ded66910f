/**
 * Preview links of a version: a look at the site as it would be, for people without an account.
 *
 * A link is told once, on the page that answers the making of it; what is kept does not say it again.
 */
import {
  Invalid,
  JOIN_PERMISSION,
  listPreviews,
  makePreview,
  PREVIEW_DAYS_DEFAULT,
  PREVIEW_DAYS_MAX,
  type PublishRequest,
  Response,
  revokePreview,
  type Version,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { pageResponse } from '../page.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { frameOf } from '../shell.js';
import { whoIs } from '../who.js';
import { isVersion } from './version.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const SCREEN = {
  path: 'preview',
  tab: 'Preview link',
  icon: 'link',
  view: 'version-preview',
  help: 'versions',
  permission: JOIN_PERMISSION,
  styles: ['version'],
  modules: ['version'],
  appliesTo: isVersion,
  show: (about: Version, request: PublishRequest, attempt?: Attempt) =>
    show(about, request, { attempt }),
} as const;

export const versionPreview = defineScreen<Version>({
  ...SCREEN,
  actions: { make: { run: make }, revoke: { run: revoke } },
});

/** A link that was just made. */
interface MadeLink {
  readonly url: string;
  readonly untilMs: number;
}

async function show(
  about: Version,
  request: PublishRequest,
  { attempt, made }: { readonly attempt?: Attempt | undefined; readonly made?: MadeLink },
): Promise<ViewModel> {
  const links = await listPreviews(request, about);
  return {
    action: screenUrl(about, 'preview'),
    title: about.title === '' ? about.id : about.title,
    made: made ?? null,
    links: links.map((link) => ({
      ...whoIs(link.user),
      ...{ id: link.id, createdMs: link.createdMs, untilMs: link.untilMs },
    })),
    days: attempt?.form.text('days') ?? String(PREVIEW_DAYS_DEFAULT),
    daysMax: PREVIEW_DAYS_MAX,
    errors: { days: errorOf('days', attempt?.errors) },
  };
}

/** Makes a link, and answers with the page that tells it. */
async function make(about: Version, request: PublishRequest): Promise<Response> {
  const days = Number(request.form.text('days').trim() || PREVIEW_DAYS_DEFAULT);
  if (!(days > 0 && days <= PREVIEW_DAYS_MAX)) {
    const message = `Write a number of days, up to ${PREVIEW_DAYS_MAX}`;
    throw new Invalid([{ field: 'days', message }]);
  }
  const { token, untilMs } = await makePreview(request, about, request.nowMs + days * DAY_MS);
  const made = { url: `${request.origin}/@preview/${token}`, untilMs };
  if (!request.wantsHtml) return Response.json(made).set('Cache-Control', 'no-store');
  const model = await show(about, request, { made });
  const screen = defineScreen<Version>(SCREEN);
  const frame = await frameOf(about, request, { screen, attempt: undefined });
  return pageResponse(request, { view: SCREEN.view, model, frame });
}

async function revoke(about: Version, request: PublishRequest): Promise<Outcome> {
  await revokePreview(request, about, request.form.text('id'));
  return { goTo: 'preview', message: 'The link shows nothing any more' };
}
