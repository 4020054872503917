import type * as z from 'zod';
import { describeConfig, docOf } from './describe.ts';
import { nearest } from './nearest.ts';
import { type FieldPath, showValue, valueAt, writePath } from './path.ts';
import { configSchema } from './schema.ts';
import { fieldsAt, schemaAt } from './shape.ts';

/** One thing wrong with a configuration: where it stands, and the rule it breaks with the value that does. */
export interface ConfigProblem {
  readonly path: FieldPath;
  /** What follows the path in its line. */
  readonly text: string;
}

/** What the schema finds wrong with `value`, all at once, in the schema's order. */
export function problemsOf(value: unknown): readonly ConfigProblem[] {
  const issues = configSchema.safeParse(value, { error: ruleOf }).error?.issues ?? [];
  const unknown = issues.flatMap((issue) => unknownKeys(issue, value));
  const meant = unknown.flatMap((key) => (key.meant === undefined ? [] : [key.meant]));
  const wrong = issues.filter((issue) => !meant.some((slip) => isForWantOf(slip, issue, value)));
  return [...wrong.flatMap((issue) => toProblem(issue, value)), ...unknown];
}

/** True where the issue is that `field` is missing: a slip in its key has said so already, and one mistake is one line. */
function isForWantOf(field: FieldPath, issue: z.core.$ZodIssue, top: unknown): boolean {
  const path = writePath(fieldPath(issue));
  const isMissing = path === writePath(field) && valueAt(top, field) === undefined;
  const asks = issue.code === 'custom' && issue.message.includes(`\`${field.at(-1)}\``);
  return isMissing || (asks && path === writePath(field.slice(0, -1)));
}

const fieldPath = (issue: z.core.$ZodIssue): FieldPath => issue.path.filter((key) => typeof key !== 'symbol');

function toProblem(issue: z.core.$ZodIssue, top: unknown): ConfigProblem[] {
  const path = fieldPath(issue);
  if (issue.code === 'unrecognized_keys') return [];
  if (issue.code === 'invalid_key') return [{ path, text: issue.issues[0]?.message ?? issue.message }];
  const value = valueAt(top, path);
  if (value === undefined && issue.code !== 'custom') return [{ path, text: missing(issue, top) }];
  const kindMatters = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  const shown = kindMatters || isSimple(value) ? `${showValue(value)} ` : '';
  return [{ path, text: `${shown}${issue.message}` }];
}

const isSimple = (value: unknown): boolean => value !== undefined && typeof value !== 'object';

function missing(issue: z.core.$ZodIssue, top: unknown): string {
  if (issue.code === 'invalid_union' && 'options' in issue) return `is missing: ${thereIs(issue.options)}`;
  const schema = schemaAt(configSchema, top, fieldPath(issue));
  const doc = docOf(schema);
  if (doc === undefined)
    return `is missing: an object with ${Object.keys((schema && fieldsAt(schema, {})) ?? {}).join(', ')}`;
  return `is missing: ${doc[0]?.toLowerCase()}${doc.slice(1)}`;
}

/** The rule a value breaks, as the end of a sentence that starts with the value. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `is not ${TYPES[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `is less than ${issue.minimum}`
        : `is empty${issue.origin === 'array' ? ': at least one is needed' : ''}`;
    case 'too_big':
      return `is more than ${issue.maximum}`;
    case 'invalid_union':
      return `is not known: ${thereIs(issue.options)}`;
    default:
      return issue.message ?? 'is not allowed';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function thereIs(options: unknown): string {
  const names = Array.isArray(options) ? options.map((option) => JSON.stringify(option)) : [];
  return `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
}

interface UnknownKey extends ConfigProblem {
  /** The field it is a slip of, where one is near. */
  readonly meant?: FieldPath;
}

function unknownKeys(issue: z.core.$ZodIssue, top: unknown): UnknownKey[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const parent = fieldPath(issue);
  const schema = schemaAt(configSchema, top, parent);
  const known = Object.keys((schema && fieldsAt(schema, valueAt(top, parent))) ?? {});
  if (parent.length === 0) known.push('environments');
  const present = new Set(Object.keys((valueAt(top, parent) ?? {}) as object));
  const free = known.filter((key) => !present.has(key));
  return issue.keys.map((key) => unknownKey(parent, key, { known, free }));
}

function unknownKey(parent: FieldPath, key: string, keys: { known: string[]; free: string[] }): UnknownKey {
  const path = [...parent, key];
  const free = nearest(key, keys.free);
  if (free !== undefined) return { path, text: `unknown key; did you mean ${free}?`, meant: [...parent, free] };
  const near = nearest(key, keys.known);
  if (near !== undefined) return { path, text: `unknown key; did you mean ${near}?` };
  const elsewhere = describeConfig().find(({ field }) => field.endsWith(`.${key}`))?.field;
  if (elsewhere !== undefined) return { path, text: `unknown key; it belongs at ${elsewhere}` };
  return { path, text: `unknown key; known here: ${keys.known.join(', ')}` };
}
