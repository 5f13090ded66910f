/**
 * The content type of SQL methods: what an editor sets, and how URLs give arguments.
 */
import { type FieldError, Invalid } from '../errors.js';
import { parseDefinitions, writeDefinitions } from '../sql/argument-text.js';
import { type ArgumentDef, readDefinitions } from '../sql/arguments.js';
import { SQL_LANGUAGE } from '../sql/sql-language.js';
import { checkSyntax } from '../templates/index.js';
import type { ContentType, PathArguments } from './content-type.js';
import { refuseId } from './ids.js';
import { callFromTemplate, callFromUrl } from './sql-call.js';
import { MAX_ROWS_DEFAULT, SqlMethod } from './sql-method.js';

/** The most that `maxRows` may ask for. */
export const MAX_ROWS_LIMIT = 100_000;
/** The most that `cacheSeconds` may ask for: a day. */
export const CACHE_SECONDS_MAX = 86_400;

const ARGUMENTS_FIELD = 'fields.arguments';

export const sqlMethodType: ContentType<SqlMethod> = {
  name: 'SqlMethod',
  title: 'SQL Method',
  icon: 'sql-method',
  description: 'A query, or a change of a database, with arguments.',
  class: SqlMethod,
  addPermission: 'Add Database Methods',
  changePermission: 'Change Database Methods',
  executable: true,
  authored: ['source', 'connection', 'arguments'],
  protectedFields: true,
  sourceField: 'source',
  data: 'source',
  fields: [
    {
      name: 'connection',
      label: 'Connection',
      kind: 'text',
      help: 'The id of an SQL connection here or further out.',
    },
    {
      name: 'arguments',
      label: 'Arguments',
      kind: 'json',
      help: 'One a line: name:type=default, such as artist:int:required.',
      default: [],
      asText: {
        write: (value) => writeDefinitions(value as readonly ArgumentDef[]),
        read: readText,
      },
    },
    { name: 'source', label: 'SQL', kind: 'source', default: '' },
    {
      name: 'maxRows',
      label: 'Rows',
      kind: 'number',
      help: 'The most that one answer has.',
      default: MAX_ROWS_DEFAULT,
    },
    {
      name: 'cacheSeconds',
      label: 'Kept for',
      kind: 'number',
      help: 'Seconds for which an answer is used again, unless something is written; 0: never.',
      default: 0,
    },
  ],

  validate(values, { object }) {
    const { connection, source } = values;
    const errors: FieldError[] = [];
    if (connection !== undefined || object === undefined) {
      const refusal =
        typeof connection === 'string' ? refuseId(connection) : 'A connection is needed';
      if (refusal !== undefined) errors.push({ field: 'fields.connection', message: refusal });
    }
    if (values['arguments'] !== undefined) errors.push(...faultsOf(values['arguments']));
    if (typeof source === 'string') {
      for (const { message, line, column } of checkSyntax(source, SQL_LANGUAGE)) {
        errors.push({ field: 'fields.source', message, line, column });
      }
    }
    errors.push(
      ...refuseNumber('maxRows', values['maxRows'], { from: 1, to: MAX_ROWS_LIMIT }),
      ...refuseNumber('cacheSeconds', values['cacheSeconds'], { from: 0, to: CACHE_SECONDS_MAX }),
    );
    return errors;
  },

  read: ({ connectionId, definitions, source, maxRows, cacheSeconds }) => ({
    connection: connectionId,
    arguments: definitions,
    source,
    maxRows,
    cacheSeconds,
  }),

  apply(method, values) {
    const { connection, source, maxRows, cacheSeconds } = values;
    if (typeof connection === 'string') method.connectionId = connection;
    if (values['arguments'] !== undefined) {
      method.definitions = definitionsIn(values['arguments']);
    }
    if (typeof source === 'string') method.source = source;
    if (typeof maxRows === 'number') method.maxRows = maxRows;
    if (typeof cacheSeconds === 'number') method.cacheSeconds = cacheSeconds;
  },

  callable: (method, request) => ({
    kind: 'method',
    object: method,
    path: method.path,
    call: (given) => callFromTemplate(request, method, given),
  }),

  pathArguments: ({ definitions }, ids) => readPath(definitions, ids),
  urlRow: (method, request, call) => callFromUrl(request, method, call),
};

/**
 * Reads what a URL gives: pairs of an argument's name and its value, and for a method with one argument
 * the value alone.
 */
function readPath(
  definitions: readonly ArgumentDef[],
  ids: readonly string[],
): PathArguments | undefined {
  const given: Record<string, string> = {};
  let taken = 0;
  for (;;) {
    const [name = '', value] = ids.slice(taken);
    const isNamed = definitions.some((definition) => definition.name === name);
    if (!isNamed || Object.hasOwn(given, name) || value === undefined) break;
    given[name] = value;
    taken += 2;
  }
  if (taken > 0) return { given, taken };
  const [only, ...others] = definitions;
  const [value] = ids;
  if (only === undefined || others.length > 0 || value === undefined) return undefined;
  return { given: { [only.name]: value }, taken: 1 };
}

/** Reads arguments as JSON has them, or as people write them. */
function definitionsIn(given: unknown): readonly ArgumentDef[] {
  return typeof given === 'string'
    ? parseDefinitions(given, ARGUMENTS_FIELD)
    : readDefinitions(given, ARGUMENTS_FIELD);
}

/** Reads arguments as people write them; a text that is none stays as it is, to be refused. */
function readText(text: string): unknown {
  return faultsOf(text).length > 0 ? text : definitionsIn(text);
}

function faultsOf(given: unknown): readonly FieldError[] {
  try {
    definitionsIn(given);
    return [];
  } catch (error) {
    if (error instanceof Invalid) return error.errors;
    throw error;
  }
}

function refuseNumber(
  name: string,
  value: unknown,
  { from, to }: { readonly from: number; readonly to: number },
): readonly FieldError[] {
  if (value === undefined) return [];
  const isFit = Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to;
  const message = `A whole number from ${from} to ${to} is expected`;
  return isFit ? [] : [{ field: `fields.${name}`, message }];
}
