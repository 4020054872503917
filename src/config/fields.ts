import * as z from 'zod';
import { normalizePath } from '../model/address.ts';

/** A field with its doc line: what it does, its unit where it has one. The table of docs/configuration.md is made of these. */
export const doc = <T extends z.ZodType>(schema: T, description: string): T => schema.meta({ description }) as T;

/** What lanes, destinations and environments are called. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
    error: 'is not a name: lower-case letters, digits and hyphens, 40 at most',
  })
  .meta({ type: 'name' });

const NOT_A_PATH = 'is not a path of the site: it starts with / and has no query';
/** A page of the site, in normal form once it is parsed. */
export const sitePath = z
  .string()
  .regex(/^\/(?!\/)[^?#]*$/, { error: NOT_A_PATH, abort: true })
  .refine(isAddress, { error: 'is a path that cannot be a file of the site' })
  .meta({ type: 'path' })
  .transform(normalizePath);

function isAddress(path: string): boolean {
  try {
    return normalizePath(path) !== '';
  } catch {
    return false;
  }
}

/** A glob over the site's paths. */
export const pathGlob = z
  .string()
  .regex(/^\//, { error: 'is not a path pattern: it starts with /' })
  .meta({ type: 'path pattern' });

/** An address of a server: without path, query or password. */
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

/** A header's name as RFC 9110 has it; which names may stand where is said there. */
export const anyHeaderName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not a header name' });

/** What a header may hold: one line, no control characters. */
export const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'is not a header value: one line of text' });

/** Refuses a list in which two have one name; `label` is what they are called in the message. */
export const unique = (label: string) => (values: readonly { name: string }[], context: z.RefinementCtx) => {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value.name)) {
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        input: value.name,
        message: `is the name of another ${label} too`,
      });
    }
    seen.add(value.name);
  });
};
