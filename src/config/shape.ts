import type * as z from 'zod';
import { isPlainObject } from './path.ts';

/** Any schema of the configuration, told apart by `def.type`. */
export type Schema = z.core.$ZodTypes;

/** What a schema has besides its type: wrapped layers taken off. */
export interface Bare {
  readonly schema: Schema;
  readonly optional: boolean;
  /** As written in a file (`'20s'`), undefined where there is none. */
  readonly fallback: unknown;
}

/** A schema without the layers `optional`, `default`, `prefault` and `pipe`. */
export function bare(schema: z.core.$ZodType): Bare {
  let inner = schema as Schema;
  let optional = false;
  let fallback: unknown;
  for (;;) {
    const def = inner._zod.def;
    if (def.type === 'optional') optional = true;
    else if (def.type === 'default' || def.type === 'prefault') fallback = def.defaultValue;
    else if (def.type !== 'pipe') return { schema: inner, optional, fallback };
    inner = (def.type === 'pipe' ? def.in : def.innerType) as Schema;
  }
}

/** The fields a value may have there: of an object, or of the variant that its `use` or `from` names; undefined for other schemas. */
export function fieldsAt(
  schema: z.core.$ZodType,
  value: unknown,
): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = bare(schema).schema;
  const def = inner._zod.def;
  if (def.type === 'object') return def.shape;
  if (def.type !== 'union' || !isPlainObject(value)) return undefined;
  return variants(inner).find((fields) => tagOf(fields) === (value['use'] ?? value['from']));
}

/** The fields of each member of a union of objects. */
export function variants(schema: Schema): readonly Readonly<Record<string, z.core.$ZodType>>[] {
  const def = schema._zod.def;
  if (def.type !== 'union') return [];
  return def.options.flatMap((option) => {
    const inner = (option as Schema)._zod.def;
    return inner.type === 'object' ? [inner.shape] : [];
  });
}

/** What names a variant: its `use`, or its `from`. */
export function tagOf(fields: Readonly<Record<string, z.core.$ZodType>>): unknown {
  return literalOf(fields['use'] ?? fields['from']);
}

/** The one value a literal allows. */
export function literalOf(schema: z.core.$ZodType | undefined): unknown {
  if (schema === undefined) return undefined;
  const def = bare(schema).schema._zod.def;
  return def.type === 'literal' ? def.values[0] : undefined;
}

/** The schema of what stands at `path` in `value`, undefined where the schema knows of nothing there. */
export function schemaAt(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly (string | number)[],
): z.core.$ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const def = bare(schema).schema._zod.def;
  const next =
    def.type === 'array' ? def.element : def.type === 'record' ? def.valueType : fieldsAt(schema, value)?.[key];
  const inner = (value as Record<string | number, unknown> | null | undefined)?.[key];
  return next === undefined ? undefined : schemaAt(next, inner, rest);
}
