/**
 * Checks a value against a JSON Schema, as far as the product's own schemas go.
 *
 * An object whose schema lists its members may have no others, so that what is answered and not
 * described is found as well. A keyword that is not known here is an error, never passed over.
 */
import assert from 'node:assert/strict';

type Schema = Readonly<Record<string, unknown>>;

/** Words that say nothing about a value. */
const REMARKS: ReadonlySet<string> = new Set(['description', 'examples', 'default', 'format']);

/** Lists what is wrong with a value, each with the place it is at; empty when nothing is. */
export function schemaFaults(
  value: unknown,
  schema: Schema,
  components: Readonly<Record<string, Schema>>,
  at = '$',
): readonly string[] {
  const inner = (held: unknown, below: unknown, place: string): readonly string[] =>
    schemaFaults(held, below as Schema, components, `${at}${place}`);
  const faults: string[] = [];
  const fault = (message: string): void => void faults.push(`${at}: ${message}`);
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (REMARKS.has(keyword)) continue;
    switch (keyword) {
      case '$ref': {
        const name = String(wanted).replace('#/components/schemas/', '');
        const component = components[name];
        assert.ok(component, `there is a component ${name}`);
        faults.push(...inner(value, component, ''));
        break;
      }
      case 'type': {
        const types = Array.isArray(wanted) ? (wanted as unknown[]) : [wanted];
        if (!types.some((type) => isOfType(value, String(type)))) fault(`no ${types.join(' or ')}`);
        break;
      }
      case 'enum':
        if (!(wanted as unknown[]).includes(value)) fault(`none of ${JSON.stringify(wanted)}`);
        break;
      case 'anyOf': {
        const tried = (wanted as unknown[]).map((each) => inner(value, each, ''));
        if (tried.every((found) => found.length > 0)) faults.push(...tried.flat());
        break;
      }
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(String(wanted), 'u').test(value)) {
          fault(`does not match ${String(wanted)}`);
        }
        break;
      case 'minimum':
      case 'maximum':
        if (typeof value === 'number' && !isWithin(value, keyword, Number(wanted))) {
          fault(`past its ${keyword}`);
        }
        break;
      case 'items':
        for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
          faults.push(...inner(item, wanted, `[${index}]`));
        }
        break;
      case 'properties':
        for (const [name, held] of members(value)) {
          const below = (wanted as Schema)[name];
          if (below !== undefined) faults.push(...inner(held, below, `.${name}`));
          else if (!('additionalProperties' in schema)) fault(`has ${name}, undescribed`);
        }
        break;
      case 'additionalProperties':
        for (const [name, held] of members(value)) {
          if (Object.hasOwn(schema['properties'] ?? {}, name)) continue;
          if (wanted === false) fault(`has ${name}, undescribed`);
          else faults.push(...inner(held, wanted, `.${name}`));
        }
        break;
      case 'required':
        for (const name of wanted as string[]) {
          if (!members(value).some(([held]) => held === name)) fault(`has no ${name}`);
        }
        break;
      default:
        assert.fail(`the keyword ${keyword} is known`);
    }
  }
  return faults;
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function isWithin(value: number, keyword: 'minimum' | 'maximum', bound: number): boolean {
  return keyword === 'minimum' ? value >= bound : value <= bound;
}

function members(value: unknown): readonly (readonly [string, unknown])[] {
  return isOfType(value, 'object') ? Object.entries(value as object) : [];
}
