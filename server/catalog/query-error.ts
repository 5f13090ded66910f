/**
 * What is thrown for a query that makes no sense: which part of it, and where.
 */
import { BadRequest } from '../errors.js';

/** A query that no catalog, or not this one, can answer. The message begins with the field. */
export class QueryError extends BadRequest {
  /** Where in a text query the fault lies, in UTF-16 units from 0; `undefined` for other faults. */
  readonly position: number | undefined;

  /**
   * @param field the index's name, with the option where it is one: `price.range`; `sort`; `''` for
   *   the query as a whole
   */
  constructor(
    field: string,
    message: string,
    facts: { readonly position?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(field === '' ? message : `${field}: ${message}`, {
      code: 'SRV_QUERY',
      field,
      cause: facts.cause,
    });
    this.position = facts.position;
  }
}
