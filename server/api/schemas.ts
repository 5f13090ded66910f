/**
 * The shapes that the JSON interface's requests and answers share, as JSON Schema for OpenAPI.
 */
import { LIMIT_DEFAULT, LIMIT_MAX } from './json.js';
import type { Route, Schema } from './route.js';

export const text: Schema = { type: 'string' };
export const path: Schema = {
  type: 'string',
  description: 'A path from the root',
  examples: ['/news/today'],
};
export const tid: Schema = {
  type: 'string',
  pattern: '^[0-9]{1,16}$',
  description: 'A transaction: microseconds since the epoch, in decimal',
};
export const time: Schema = { type: 'string', format: 'date-time' };
/** A time as it may be sent. */
export const moment: Schema = {
  type: 'string',
  description: 'A time in ISO 8601; without a zone it is UTC',
};
export const principal: Schema = {
  type: ['string', 'null'],
  description: 'The path of a user folder, a colon, and a name',
  examples: ['/acl_users:admin'],
};

/** An object schema; every property is required unless its name ends in `?`. */
export function shape(properties: Readonly<Record<string, Schema>>): Schema {
  const required = Object.keys(properties).filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** One page of a list, with how long the whole is. */
export function pageOf(items: Schema): Schema {
  const count: Schema = { type: 'integer', minimum: 0 };
  return shape({ items: listOf(items), total: count, start: count, limit: count });
}

/** The parameters that choose a page of a list. */
export const rangeQuery = {
  start: { description: 'How many to pass over', schema: { type: 'integer', minimum: 0 } },
  limit: {
    description: 'How many to give',
    schema: { type: 'integer', minimum: 0, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
  },
} satisfies Route['query'];

/** A member of `components/schemas`. */
export function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const property = shape({
  name: text,
  type: text,
  value: { description: 'Of the type named; null takes the property away' },
  'choices?': listOf(text),
});

const summary = {
  id: text,
  path,
  url: { type: 'string', format: 'uri' },
  type: text,
  title: text,
  modified: time,
  tid,
};

/** What is told of a write to those who may make it and not see what they wrote in. */
export const writtenUnseen: Schema = shape({ id: text, path, type: text, tid });

/** An object after it was written. */
export const written: Schema = { anyOf: [named('Object'), writtenUnseen] };

/** The answer of one operation of a batch. */
export const result: Schema = shape({ status: { type: 'integer' }, body: {} });

/** What every problem says (RFC 9457). */
const problem = { type: text, title: text, status: { type: 'integer' }, detail: text };

const fieldErrors = listOf(
  shape({
    field: { type: 'string', description: 'As in `fields.source`; empty for the whole body' },
    message: text,
    'line?': { type: 'integer' },
    'column?': { type: 'integer' },
  }),
);

const conflicts = listOf(shape({ path, fields: listOf(text), blockedBy: listOf(tid) }));

/** What was written to SQL databases, by the path of their connection: an undo leaves it as it is. */
export const writtenSql = listOf(shape({ path, text }));

/** An object as a version or main has it; null where it is not there. */
const side: Schema = {
  anyOf: [
    shape({
      path,
      type: text,
      title: text,
      owner: principal,
      fields: { type: 'object' },
      properties: listOf({ $ref: '#/components/schemas/Property' }),
      'permissions?': { type: 'object' },
      'localRoles?': { type: 'object' },
      'roles?': listOf(text),
      'proxyRoles?': listOf(text),
      'order?': { type: 'number', description: 'Its place among its neighbours' },
    }),
    { type: 'null' },
  ],
};

/** What was said of a version, by whom and when. */
const said = { user: principal, note: text, time };
const outdated: Schema = {
  type: 'boolean',
  description: 'Something was changed in the version since, so it counts no more',
};

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

const sqlRows = {
  columns: listOf(shape({ name: text, type: text })),
  rows: listOf({ type: 'array', description: 'The values of one row', items: {} }),
  truncated: { type: 'boolean', description: 'There were more rows' },
  'changes?': { type: 'integer', description: 'Rows that were written' },
  milliseconds: { type: 'number', minimum: 0 },
};

export const components: Readonly<Record<string, Schema>> = {
  Property: property,
  Summary: shape({ ...summary, size: { type: 'integer' } }),
  Object: shape({
    ...summary,
    owner: principal,
    created: time,
    version: { type: ['string', 'null'] },
    fields: { type: 'object' },
    properties: listOf({ $ref: '#/components/schemas/Property' }),
    views: listOf(text),
    'job?': {
      ...text,
      description: 'Indexes what there is, after a write of a catalog that covers much',
    },
  }),
  Problem: shape(problem),
  BadRequest: shape({
    ...problem,
    'field?': text,
    'position?': { type: 'integer', description: 'Where in the text of a query, from 0' },
  }),
  Found: shape({
    items: listOf({
      type: 'object',
      description: 'The columns of the catalog, and where the object is',
      properties: {
        path,
        score: { type: 'number' },
        excerpt: { ...text, description: 'HTML; what was asked for stands in `<mark>`' },
      },
      required: ['path'],
      additionalProperties: {},
    }),
    total: { type: 'integer', minimum: 0 },
    start: { type: 'integer', minimum: 0 },
    limit: { type: 'integer', minimum: 0 },
    'suggestion?': { ...text, description: 'A text that finds more' },
    'facets?': {
      type: 'object',
      additionalProperties: listOf(shape({ value: {}, count: { type: 'integer', minimum: 1 } })),
    },
  }),
  SqlRows: shape(sqlRows),
  SqlAnswer: shape({
    ...sqlRows,
    'statement?': { ...text, description: 'What was run; for those who may see the source' },
    'parameters?': listOf({}),
  }),
  SqlStatus: shape({
    connected: { type: 'boolean', description: 'The connection is open' },
    server: { type: ['string', 'null'], description: 'The server and its version' },
    problem: { type: ['string', 'null'], description: 'Why there is no way to it' },
    encrypted: { type: 'boolean' },
    prepares: { type: 'boolean', description: 'Transactions can be prepared' },
    sessions: shape({
      open: { type: 'integer' },
      busy: { type: 'integer' },
      waiting: { type: 'integer' },
      max: { type: 'integer' },
    }),
  }),
  SqlUnfinished: shape({
    items: listOf(named('SqlUnfinishedItem')),
    known: { type: 'boolean', description: 'The database said what of it is not done' },
    problem: { type: ['string', 'null'], description: 'Why not all could be finished' },
    tried: { type: ['string', 'null'], format: 'date-time', description: 'When that was' },
  }),
  SqlUnfinishedItem: shape({
    mark: text,
    time,
    user: principal,
    connection: path,
    prepared: { type: 'boolean', description: 'The database has it prepared' },
    statements: listOf(shape({ path, text })),
    problem: { type: ['string', 'null'], description: 'What the database said to this one' },
  }),
  SqlListing: shape({
    level: { enum: ['schemas', 'tables', 'columns'] },
    'schemas?': listOf(shape({ name: text })),
    'tables?': listOf(shape({ name: text, kind: { enum: ['table', 'view'] } })),
    'columns?': listOf(
      shape({
        name: text,
        type: text,
        isNullable: { type: 'boolean' },
        isKey: { type: 'boolean' },
        default: { type: ['string', 'null'] },
      }),
    ),
  }),
  Refusal: shape({ ...problem, 'because?': listOf(text) }),
  Invalid: shape({ ...problem, errors: fieldErrors }),
  Fault: shape({ ...problem, 'id?': text }),
  UndoConflict: shape({
    ...problem,
    'conflicts?': conflicts,
    'plan?': listOf(tid),
    'sql?': writtenSql,
  }),
  BatchProblem: shape({
    ...problem,
    'failed?': { type: 'integer', description: 'Which operation failed, from 0' },
    'results?': listOf(result),
    'field?': text,
    'because?': listOf(text),
    'errors?': fieldErrors,
    'conflicts?': conflicts,
    'plan?': listOf(tid),
    'id?': text,
  }),
  Change: shape({
    path,
    kind: { enum: ['added', 'changed', 'removed'] },
    user: principal,
    modified: time,
    conflict: { type: 'boolean' },
    reviewed: { type: 'boolean', description: 'Whoever asks has marked it as seen, as it is' },
    elsewhere: {
      type: 'boolean',
      description: 'Main has changed it since the version did, or has removed it',
    },
    'diff?': {
      type: 'string',
      description:
        'Unified, from what main had when the version changed it to what the version has',
    },
  }),
  Review: shape({
    state: { enum: ['open', 'review', 'approved', 'scheduled'] },
    tid,
    seen: { ...tid, description: 'The newest transaction that this rests on' },
    review: shape({
      asked: orNull(shape(said)),
      verdicts: listOf(
        shape({ ...said, verdict: { enum: ['approve', 'request-changes'] }, outdated }),
      ),
    }),
    schedule: orNull(shape({ ...said, at: time, keep: { type: 'boolean' }, outdated })),
    missed: orNull(shape({ at: time, user: principal, time, reason: text })),
  }),
  Resolution: shape({
    'title?': text,
    'fields?': { type: 'object' },
    'properties?': listOf({ $ref: '#/components/schemas/Property' }),
  }),
  VersionProblem: shape({
    ...problem,
    'conflicts?': listOf(
      shape({ path, fields: listOf(text), base: side, main: side, version: side }),
    ),
  }),
  Transaction: shape({
    tid,
    time,
    user: principal,
    description: text,
    paths: listOf(path),
    version: { type: ['string', 'null'] },
    undoable: { type: 'boolean' },
  }),
  Revision: shape({ tid, time, user: principal, description: text, size: { type: 'integer' } }),
};
