import * as z from 'zod';
import { configSchema, environmentsSchema } from './schema.ts';
import { type Bare, bare, type Schema, tagOf, variants } from './shape.ts';

/** One line of the configuration table. */
export interface FieldDescription {
  /** `lanes[].every`; a field of one variant names it: `analytics[plausible].domain`. */
  readonly field: string;
  /** `duration`, `path`, `list of paths`, … */
  readonly type: string;
  /** As written in a file, `required`, or `none`. */
  readonly default: string;
  readonly doc: string;
}

/** Every field of the configuration in the schema's order. Groups of fields have no line of their own unless they are lists. */
export function describeConfig(): readonly FieldDescription[] {
  return [...describeFields('', configSchema.def.shape), ...describeField('environments', environmentsSchema)];
}

function describeFields(prefix: string, shape: Readonly<Record<string, z.core.$ZodType>>): FieldDescription[] {
  return Object.entries(shape).flatMap(([key, schema]) => describeField(`${prefix}${key}`, schema));
}

function describeField(field: string, schema: z.core.$ZodType): FieldDescription[] {
  const found = bare(schema);
  const doc = docOf(schema);
  const own = doc === undefined ? [] : [{ field, type: typeOf(found.schema), default: defaultOf(found), doc }];
  return [...own, ...describeInner(field, found.schema)];
}

function describeInner(field: string, schema: Schema): FieldDescription[] {
  const def = schema._zod.def;
  if (def.type === 'object') return describeFields(`${field}.`, def.shape);
  if (def.type !== 'array') return [];
  const element = bare(def.element).schema;
  if (element._zod.def.type === 'object') return describeFields(`${field}[].`, element._zod.def.shape);
  return describeVariants(field, variants(element));
}

/** A field that every variant has, and that says the same in each, has one line, after those of the variants. */
function describeVariants(
  field: string,
  shapes: readonly Readonly<Record<string, z.core.$ZodType>>[],
): FieldDescription[] {
  const own = shapes.map((shape) => describeFields(`${field}[${tagOf(shape)}].`, shape));
  const bareName = ({ field: name }: FieldDescription): string => name.slice(name.indexOf(']', field.length) + 1);
  const saying = (line: FieldDescription): string =>
    JSON.stringify([bareName(line), line.type, line.default, line.doc]);
  const counts = new Map<string, number>();
  for (const line of own.flat()) counts.set(saying(line), (counts.get(saying(line)) ?? 0) + 1);
  const isShared = (line: FieldDescription): boolean => shapes.length > 1 && counts.get(saying(line)) === shapes.length;
  const shared = (own[0] ?? []).filter(isShared).map((line) => ({ ...line, field: `${field}[]${bareName(line)}` }));
  return [...own.flat().filter((line) => !isShared(line)), ...shared];
}

/** The doc line of a field, which may stand on any of its layers. */
export function docOf(schema: z.core.$ZodType | undefined): string | undefined {
  return schema === undefined ? undefined : z.globalRegistry.get(schema)?.description;
}

function typeOf(schema: Schema): string {
  const named = z.globalRegistry.get(schema)?.['type'];
  if (typeof named === 'string') return named;
  const def = schema._zod.def;
  if (def.type === 'array') return `list of ${plural(typeOf(bare(def.element).schema))}`;
  if (def.type === 'number') return 'check' in def ? 'whole number' : 'number';
  if (def.type === 'literal') return JSON.stringify(def.values[0]);
  return TYPE_WORDS[def.type] ?? def.type;
}

const plural = (word: string): string => `${word}${word.endsWith('s') ? 'es' : 's'}`;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  object: 'object',
  union: 'object',
  record: 'object',
};

function defaultOf(found: Bare): string {
  if (found.fallback !== undefined) return JSON.stringify(found.fallback);
  return found.optional ? 'none' : 'required';
}
