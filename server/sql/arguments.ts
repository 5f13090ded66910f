/**
 * The arguments that an SQL method declares, and reading what it is called with.
 *
 * A method sees its declared arguments and no others, each read as the type it was declared with. One
 * that was not given is `undefined`: the name is there, so nothing of that name is acquired in its
 * place. A list stays a list, each item read by itself.
 */
import { Invalid } from '../errors.js';
import type { FieldError } from '../errors.js';
import { quoted } from '../quote.js';
import { emptyRecord, isRecord } from '../templates/records.js';
import {
  isNothing,
  isValueType,
  plainValue,
  readValue,
  Unreadable,
  VALUE_TYPES,
} from './value-types.js';
import type { ValueType } from './value-types.js';

/** Arguments of one method. */
export const ARGUMENTS_MAX = 100;

/** Items of a list that is given for an argument. */
export const LIST_ITEMS_MAX = 10_000;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;

/** Names that mean something else in a method's source. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['this', 'true', 'false', 'null', 'undefined', 'else', 'as'],
  ...['and', 'or', 'comma', 'sqlvar', 'sqltest', 'sqlgroup', 'sqldelimiter'],
]);

export interface ArgumentDef {
  readonly name: string;
  readonly type: ValueType;
  /** Whether a call without it is refused; an empty text counts as without. */
  readonly required?: boolean | undefined;
  /** Stands in for an argument that was not given: a value that can be read as `type`. */
  readonly default?: unknown;
}

/** What a method is called with: each declared name, read or `undefined`. */
export type ArgumentValues = Readonly<Record<string, unknown>>;

/**
 * Reads definitions as they are stored and sent: `[{name, type, required?, default?}]`.
 *
 * @param field that is blamed: `fields.arguments`
 * @throws Invalid with everything that is wrong
 */
export function readDefinitions(value: unknown, field: string): readonly ArgumentDef[] {
  if (!Array.isArray(value)) {
    throw new Invalid([{ field, message: 'This is no list of arguments.' }]);
  }
  if (value.length > ARGUMENTS_MAX) {
    throw new Invalid([{ field, message: `A method has at most ${ARGUMENTS_MAX} arguments.` }]);
  }
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const definitions = value.flatMap((one: unknown, index) => {
    const problems = problemsOf(one, seen);
    for (const { member, message } of problems) {
      errors.push({ field: `${field}[${index}]${member === '' ? '' : `.${member}`}`, message });
    }
    return problems.length === 0 ? [definitionOf(one)] : [];
  });
  if (errors.length > 0) throw new Invalid(errors);
  return definitions;
}

/** What is wrong with one member of a definition, or with the whole (`''`). */
export interface DefinitionProblem {
  readonly member: '' | 'name' | 'type' | 'required' | 'default';
  readonly message: string;
}

/**
 * Says what is wrong with a definition.
 * @param seen the names before it; its own is added
 */
export function problemsOf(value: unknown, seen: Set<string>): readonly DefinitionProblem[] {
  if (!isRecord(value)) return [{ member: '', message: 'This is no definition of an argument.' }];
  const { name, type, required, default: standIn } = value;
  const problems: DefinitionProblem[] = [];
  const say = (member: DefinitionProblem['member'], message: string): void => {
    problems.push({ member, message });
  };
  if (typeof name !== 'string' || !NAME.test(name)) {
    say('name', 'A name begins with a letter and has letters, digits and “_”.');
  } else {
    if (RESERVED.has(name)) say('name', `“${name}” is a word of the template language.`);
    if (seen.has(name)) say('name', `There are two arguments “${name}”.`);
    seen.add(name);
  }
  if (!isValueType(type)) {
    say('type', `There is no such type. There are: ${VALUE_TYPES.join(', ')}.`);
  }
  if (required !== undefined && typeof required !== 'boolean') {
    say('required', 'This is true or false.');
  }
  if (isValueType(type)) {
    const problem = problemOfValue({ name: 'default', type }, standIn);
    if (problem !== undefined) say('default', problem);
  }
  return problems;
}

function problemOfValue(definition: ArgumentDef, value: unknown): string | undefined {
  try {
    readArgument(definition, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return `The default ${error.message}.`;
  }
}

/** Takes a checked value as a definition, without what says nothing. */
function definitionOf(value: unknown): ArgumentDef {
  const { name, type, required, default: standIn } = value as ArgumentDef;
  return {
    name,
    type,
    ...(required === true ? { required } : {}),
    ...(isNothing(standIn) ? {} : { default: standIn }),
  };
}

export interface ReadingOptions {
  /** What happens to a name that is given and not declared. A visitor's form may have others. */
  readonly undeclared: 'ignore' | 'refuse';
}

/**
 * Reads what a method is called with.
 *
 * @throws Invalid naming each argument that is missing or cannot be read, as `arguments.NAME`
 */
export function readArguments(
  definitions: readonly ArgumentDef[],
  given: Readonly<Record<string, unknown>>,
  { undeclared }: ReadingOptions,
): ArgumentValues {
  const errors: FieldError[] = [];
  const values = emptyRecord();
  for (const definition of definitions) {
    const { name } = definition;
    try {
      values[name] = readArgument(definition, Object.hasOwn(given, name) ? given[name] : undefined);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      errors.push({ field: `arguments.${name}`, message: `“${name}” ${error.message}.` });
    }
  }
  if (undeclared === 'refuse') {
    for (const name of Object.keys(given)) {
      if (definitions.some((definition) => definition.name === name)) continue;
      const message = `The method has no argument ${quoted(name)}.`;
      errors.push({ field: `arguments.${name}`, message });
    }
  }
  if (errors.length > 0) throw new Invalid(errors);
  return values;
}

function readArgument({ type, required, default: standIn }: ArgumentDef, marked: unknown): unknown {
  const given = plainValue(marked);
  const isStandIn = isNothing(given) && !isNothing(standIn);
  const value = isStandIn ? standIn : given;
  if (isNothing(value)) {
    if (required === true) throw new Unreadable('is required');
    return value === '' && type === 'string' ? '' : undefined;
  }
  if (!Array.isArray(value) || type === 'json') return readOne(type, value);
  if (value.length > LIST_ITEMS_MAX) {
    throw new Unreadable(`has more than ${LIST_ITEMS_MAX.toLocaleString('en')} items`);
  }
  const items = value.map(plainValue).filter((item) => isItem(type, item));
  if (items.length === 0 && required === true) throw new Unreadable('is required');
  return items.map((item) => readOne(type, item));
}

/** Of a list, what is nothing is left out; an empty text is something among texts. */
export function isItem(type: ValueType | undefined, item: unknown): boolean {
  return !isNothing(item) || (item === '' && (type === 'string' || type === undefined));
}

/** Reads JSON from a text, so that forms and addresses can give it; other values are JSON already. */
function readOne(type: ValueType, value: unknown): unknown {
  if (type !== 'json') return readValue(type, value);
  const json = typeof value === 'string' ? parsedJson(value) : value;
  readValue('json', json);
  return json;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Unreadable(`is no JSON: ${quoted(text)}`, { cause: error });
  }
}
