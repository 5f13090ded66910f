/**
 * Test of an SQL method: a form made from its arguments; the statement that they give, its values, and
 * what the database answers or plans.
 *
 * It runs in a transaction of its own, which is given up unless it is asked to be kept.
 */
import {
  type ArgumentDef,
  callSqlMethod,
  type Content,
  Context,
  explainSqlMethod,
  Invalid,
  type PublishRequest,
  Response,
  SqlMethod,
  type SqlStatement,
  USE_METHODS,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { pageResponse } from '../page.js';
import { type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { frameOf } from '../shell.js';
import { connectionShown } from '../sql-connection-shown.js';
import {
  csvResponse,
  type ShownFailure,
  shownFailure,
  shownPlan,
  type ShownResult,
  shownResult,
  type ShownStatement,
  shownStatement,
} from '../sql-shown.js';

export function isSqlMethod(object: Content): object is SqlMethod {
  return object instanceof SqlMethod;
}

const SCREEN = {
  path: 'test',
  tab: 'Test',
  icon: 'play',
  view: 'sql-test',
  help: 'sql',
  permission: 'View management screens',
  isForm: true,
  styles: ['source', 'sql'],
  appliesTo: isSqlMethod,
  show: (method: SqlMethod, request: PublishRequest, attempt?: Attempt) =>
    model(method, request, { attempt }),
} as const;

export const sqlTest = defineScreen<SqlMethod>({
  ...SCREEN,
  actions: {
    run: { permission: USE_METHODS, run: answerTest },
    explain: { permission: USE_METHODS, run: answerTest },
    csv: { permission: USE_METHODS, run: answerTest },
  },
});

/** What came of it. */
interface Tested {
  readonly statements?: readonly ShownStatement[];
  readonly result?: ShownResult;
  readonly plan?: readonly string[];
  readonly failure?: ShownFailure;
  readonly isKept?: boolean;
  /** What is wrong with the arguments. */
  readonly errors?: Invalid['errors'];
}

function model(
  method: SqlMethod,
  request: PublishRequest,
  { attempt, tested = {} }: { readonly attempt?: Attempt | undefined; readonly tested?: Tested },
): ViewModel {
  const { form, mayWrite, policy } = request;
  const errors = tested.errors ?? attempt?.errors ?? [];
  const { failure } = tested;
  return {
    action: screenUrl(method, 'test'),
    id: method.id,
    mayRun: policy.may(USE_METHODS, method),
    inputs: method.definitions.map((definition) =>
      inputFor(definition, {
        typed: mayWrite ? form.text(nameOf(definition)) : undefined,
        error: errorOf(`arguments.${definition.name}`, errors),
      }),
    ),
    keep: mayWrite && form.has('keep'),
    statements: tested.statements ?? [],
    result: tested.result ?? null,
    plan: tested.plan ?? null,
    failure: failure ?? null,
    isKept: tested.isKept === true,
    lines: linesOf(method.source, failure?.path === '' ? failure.line : 0),
    connection: connectionShown(method, request),
    cacheSeconds: method.cacheSeconds,
    maxRows: method.maxRows,
    example: `{{#each (${[method.id, ...method.definitions.map(({ name }) => `${name}=…`)].join(' ')})}}`,
  };
}

interface TestInput {
  readonly name: string;
  readonly key: string;
  readonly label: string;
  readonly about: string;
  readonly value: string;
  readonly isNumber: boolean;
  readonly isBoolean: boolean;
  readonly error: string;
}

function inputFor(
  definition: ArgumentDef,
  { typed, error }: { readonly typed: string | undefined; readonly error: string },
): TestInput {
  const { name, type, required } = definition;
  const preset = textOf(definition.default);
  const about = [
    type,
    ...(required === true ? ['required'] : []),
    ...(preset === '' ? [] : [`default ${preset}`]),
  ];
  return {
    name: nameOf(definition),
    key: `a-${name}`,
    label: name,
    about: about.join(', '),
    value: typed ?? preset,
    isNumber: type === 'int' || type === 'float',
    isBoolean: type === 'boolean',
    error,
  };
}

/** Fields of arguments have a name of their own kind: one may be called as another field is. */
function nameOf({ name }: ArgumentDef): string {
  return `arguments.${name}`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function linesOf(
  source: string,
  failedLine: number,
): readonly { readonly number: number; readonly text: string; readonly isFailed: boolean }[] {
  return source
    .replace(/\n$/, '')
    .split('\n')
    .map((text, index) => ({ number: index + 1, text, isFailed: index + 1 === failedLine }));
}

async function answerTest(method: SqlMethod, request: PublishRequest): Promise<Response> {
  const { form } = request;
  const isKept = form.has('keep') && form.text('action') === 'run';
  if (!isKept) request.connection.transaction.doom();
  let tested: Tested;
  try {
    const outcome = test(method, request);
    if (outcome instanceof Response) return outcome;
    tested = { ...outcome, isKept };
  } catch (error) {
    request.connection.transaction.doom();
    tested =
      error instanceof Invalid
        ? { errors: error.errors }
        : { failure: shownFailure(error, method) };
  }
  const shown = model(method, request, { tested });
  const status = tested.errors === undefined ? (tested.failure?.status ?? 200) : INVALID_STATUS;
  if (!request.wantsHtml) return Response.json(shown, { status });
  const frame = await frameOf(method, request, {
    screen: defineScreen<SqlMethod>(SCREEN),
    attempt: undefined,
  });
  return pageResponse(request, { view: SCREEN.view, model: shown, frame, status });
}

const INVALID_STATUS = 422;

function test(method: SqlMethod, request: PublishRequest): Tested | Response {
  const { form } = request;
  const given = Object.fromEntries(
    method.definitions.map((definition) => [definition.name, form.text(nameOf(definition))]),
  );
  const call = { given, context: Context.of(method) };
  if (form.text('action') === 'explain') {
    const { statements, plan } = explainSqlMethod(request, method, call);
    return { statements: shownStatements(statements), plan: shownPlan(plan) };
  }
  const { statements, result } = callSqlMethod(request, method, call);
  if (form.text('action') === 'csv') return csvResponse(result, method.id);
  return { statements: shownStatements(statements), result: shownResult(result) };
}

function shownStatements(statements: readonly SqlStatement[]): readonly ShownStatement[] {
  return statements.map(shownStatement);
}
