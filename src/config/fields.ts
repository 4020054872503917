import { z } from 'zod';

/** A field with its doc line: what it does, its unit where it has one. The table of docs/configuration.md is made of these. */
export const doc = <T extends z.ZodType>(schema: T, description: string): T => schema.meta({ description }) as T;

/** An http(s) address without path, query or password. */
export const httpUrl = z
  .string()
  .refine(isPlainHttpUrl, {
    error: 'is not an http(s) address without path, query or password, such as https://www.example.org',
  })
  .meta({ type: 'address' });

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

/** A glob over paths of the site. */
export const pathGlob = z
  .string()
  .regex(/^\//, { error: 'is not a path pattern: it starts with /' })
  .meta({ type: 'path pattern' });

/** What lanes, destinations and environments are called. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
    error: 'is not a name: lower-case letters, digits and hyphens, 40 at most',
  })
  .meta({ type: 'name' });
