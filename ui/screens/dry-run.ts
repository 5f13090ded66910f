/**
 * Dry run of a template: it is called as by its address, with arguments, and shows what it would
 * change and answer. Nothing of it is ever saved: the form asks for a dry run, and is refused without.
 */
import {
  BadRequest,
  type Content,
  contentTypes,
  Invalid,
  publishPage,
  PublishRequest,
  ReadOnlyRequest,
  Response,
  ServerError,
  siteRoot,
  TemplateError,
  traverse,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { seenAt } from '../preview-page.js';
import { type Attempt, defineScreen, type ViewModel } from '../screen.js';

/** Characters of an answer that are shown. */
const SHOWN_CHARACTERS_MAX = 20_000;
/** Key of the answer in what a request remembers. */
const ANSWER = 'dry-run-answer';

const METHODS = ['POST', 'GET'] as const;

export const dryRun = defineScreen({
  path: 'dry-run',
  isForm: true,
  title: 'Dry run',
  under: 'edit',
  view: 'dry-run',
  permission: 'View management screens',
  appliesTo: (object): object is Content => contentTypes.of(object).method === true,
  show,
  actions: { run: { run } },
});

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const given = attempt?.form ?? request.query;
  const method = given.text('method');
  return {
    path: object.path,
    on: given.text('on').trim() || (object.container?.path ?? '/'),
    onError: errorOf('on', attempt?.errors),
    methods: METHODS.map((each) => ({ value: each, chosen: each === method })),
    arguments: given.text('arguments'),
    answer: attempt?.dryRun === undefined ? null : answerModel(request.recall(ANSWER)),
  };
}

/** Says what the template answered. */
function answerModel(answer: unknown): ViewModel | null {
  if (!(answer instanceof Response)) return null;
  const { body = '', status } = answer;
  const text = typeof body === 'string' ? body : '';
  return {
    status,
    contentType: answer.header('Content-Type') ?? '',
    location: answer.header('Location') ?? '',
    text: text.slice(0, SHOWN_CHARACTERS_MAX),
    isCut: text.length > SHOWN_CHARACTERS_MAX,
  };
}

async function run(object: Content, request: PublishRequest): Promise<Response> {
  if (!request.isDryRun) throw new BadRequest('A template is only tried out here');
  const inner = innerRequest(object, request);
  let answer: Response;
  try {
    answer = await publishPage(inner);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { path, line, message } = error;
    const where = line === undefined ? path : `${path}, line ${line}`;
    throw new BadRequest(`${where}: ${message}`, { cause: error });
  }
  if (inner.connection.hasChanges && !inner.mayWrite) {
    throw new ReadOnlyRequest('A GET changes nothing: it would be refused. Try it out as a POST');
  }
  request.remember(ANSWER, answer);
  return new Response(204);
}

/** Makes the request as it would come to the template's address, in the transaction of this one. */
function innerRequest(object: Content, request: PublishRequest): PublishRequest {
  const { site, connection, policy, nowMs, deadlineMs, form } = request;
  const on = seenFrom(object, request, form.text('on').trim());
  const path = `${on.url.replace(/\/$/, '')}/${encodeURIComponent(object.id)}`;
  const traversed = traverse(siteRoot(connection), path);
  if (traversed.executable !== object || traversed.missing.length > 0) {
    const message = `At ${path} something else answers, or nothing: the template is not acquired there`;
    throw new Invalid([{ field: 'on', message }]);
  }
  const given = argumentsIn(form.text('arguments'));
  const method = form.text('method') === 'GET' ? 'GET' : 'POST';
  const isSent = method === 'POST';
  const { parts: _parts, body: _body, upload: _upload, ...envelope } = request.envelope;
  return new PublishRequest({
    envelope: {
      ...envelope,
      method,
      url: isSent || given === '' ? path : `${path}?${given}`,
      headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' },
      ...(isSent ? { body: Buffer.from(given) } : {}),
    },
    ...{ site, connection, policy, traversed, nowMs, deadlineMs, within: request },
  });
}

function seenFrom(object: Content, request: PublishRequest, path: string): Content {
  try {
    return seenAt(object, request, path);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    throw new Invalid([{ field: 'on', message: `There is nothing at ${path}` }], { cause: error });
  }
}

/** Reads arguments as people write them: one a line, a name, `=`, a value. */
function argumentsIn(text: string): string {
  const query = new URLSearchParams();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at === -1) query.append(line.trim(), '');
    else query.append(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return query.toString();
}
