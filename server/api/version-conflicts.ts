/**
 * Conflicts between a version and main in the JSON interface: how they are told, and how they are
 * resolved.
 */
import type { CheckInOutcome } from '../content/check-in.js';
import type { ConflictChoice } from '../content/version-plans.js';
import type { PropertyPatch } from '../content/properties.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { type Body, isObject, type Json } from './json.js';
import { problemResponse } from './problem.js';

/** Answers a check-in, or an update: what came of it, or what is in its way. */
export function answerTogether(request: PublishRequest, outcome: CheckInOutcome): Response {
  if (outcome.conflicts.length === 0) {
    return Response.json({ tid: request.transactionTid, objects: outcome.objects });
  }
  return conflictProblem(outcome);
}

/** Answers a request that conflicts are in the way of. */
export function conflictProblem(outcome: Pick<CheckInOutcome, 'conflicts'>): Response {
  return problemResponse({
    status: 409,
    title: 'Conflict',
    detail: 'The version and main both changed the same things',
    extra: { conflicts: conflictsJson(outcome) },
  });
}

/** Reads how conflicts are to be resolved, by path. */
export function readResolve(body: Body): ReadonlyMap<string, ConflictChoice> {
  const choices = new Map<string, ConflictChoice>();
  for (const [at, given] of Object.entries(body.object('resolve') ?? {})) {
    const choice = given === 'version' || given === 'main' ? given : readChange(body, at, given);
    if (choice !== undefined) choices.set(at, choice);
  }
  return choices;
}

function readChange(body: Body, at: string, given: unknown): ConflictChoice | undefined {
  const field = `resolve.${at}`;
  if (!isObject(given)) {
    body.refuse(field, 'This must be “version”, “main”, or an object');
    return undefined;
  }
  const { title, fields, properties, ...others } = given;
  const [other] = Object.keys(others);
  const fits =
    other === undefined &&
    (title === undefined || typeof title === 'string') &&
    (fields === undefined || isObject(fields)) &&
    (properties === undefined || isPatches(properties));
  if (!fits) {
    body.refuse(field, 'This takes title, fields and properties, as a PATCH does');
    return undefined;
  }
  return {
    ...(title === undefined ? {} : { title }),
    ...(fields === undefined ? {} : { fields }),
    ...(properties === undefined ? {} : { properties }),
  };
}

function isPatches(value: unknown): value is readonly PropertyPatch[] {
  return (
    Array.isArray(value) &&
    value.every((item: unknown) => {
      if (!isObject(item) || typeof item['name'] !== 'string') return false;
      return item['type'] === undefined || typeof item['type'] === 'string';
    })
  );
}

/** Gives what stands for the conflicts of a check-in, or an update, in JSON. */
function conflictsJson({ conflicts }: Pick<CheckInOutcome, 'conflicts'>): readonly Json[] {
  return conflicts.map(({ path: at, fields, base, main, version }) => ({
    ...{ path: at, fields, base, main, version },
  }));
}
