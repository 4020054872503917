import type { InboxConfig } from '../config/schema.ts';
import { pathMatcher } from '../model/globs.ts';
import { type Fields, fieldOf } from './fields.ts';

/** What a submission says, read off its fields. */
export interface Words {
  /** What is commented on: WordPress's number of the post, or whatever the form's own field holds. */
  readonly page: string;
  /** Number of the comment that is answered, '' or '0' for none. */
  readonly parent: string;
  readonly author: string;
  readonly email: string;
  readonly url: string;
  readonly text: string;
}

/** A comment form of the site. */
export interface Form {
  readonly use: InboxConfig['forms'][number]['use'];
  takes(path: string): boolean;
  read(fields: Fields): Words;
  /** Names of fields that must be filled in, and are not. */
  missing(fields: Fields): readonly string[];
  /** Whether that status, with that Location, says that the origin has stored the comment. */
  isStored(status: number, location: string): boolean;
}

type FormConfig = InboxConfig['forms'][number];

/** Never passed on: it would send the visitor wherever the sender of the form liked. In a name PHP takes other signs for an underscore. */
const STRIPPED = /^ *redirect[_ .[]to(?:\[|$)/;
/** A field of our own: how long the page was open, in milliseconds. */
export const FILLED_FIELD = 'holdfast-filled';
/** How WordPress says where a new comment is; one that waits for a moderator has `unapproved=` before the hash. */
const COMMENT_PLACE = /#comment-(\d+)$/;

/** The forms of a configuration, in its order. */
export function createForms(config: Pick<InboxConfig, 'forms'>): readonly Form[] {
  return config.forms.map((form) => (form.use === 'wordpress' ? wordpress(form) : mapped(form)));
}

function wordpress({ path, required }: Extract<FormConfig, { use: 'wordpress' }>): Form {
  return {
    use: 'wordpress',
    takes: pathMatcher([path]),
    read: (fields) => ({
      page: fieldOf(fields, 'comment_post_ID'),
      parent: fieldOf(fields, 'comment_parent'),
      author: fieldOf(fields, 'author'),
      email: fieldOf(fields, 'email'),
      url: fieldOf(fields, 'url'),
      text: fieldOf(fields, 'comment'),
    }),
    missing: (fields) => empty(fields, ['comment_post_ID', 'comment', ...required]),
    isStored: (status, location) => status === 302 && COMMENT_PLACE.test(location),
  };
}

function mapped(form: Extract<FormConfig, { use: 'fields' }>): Form {
  return {
    use: 'fields',
    takes: pathMatcher([form.path]),
    read: (fields) => ({
      page: fieldOf(fields, form.page),
      parent: '',
      author: fieldOf(fields, form.author),
      email: fieldOf(fields, form.email),
      url: '',
      text: fieldOf(fields, form.text),
    }),
    missing: (fields) => empty(fields, [form.text, ...form.required]),
    isStored: (status) => form.stored.includes(status),
  };
}

/** What a target asks for, without its query. */
export const pathOf = (target: string): string => target.replace(/[?#].*$/s, '');

const empty = (fields: Fields, names: readonly string[]): readonly string[] =>
  names.filter((name) => fieldOf(fields, name).trim() === '');

/** Without what is never passed on, and without what is ours. */
export function passedOn(fields: Fields): Fields {
  return fields.filter(([name]) => !STRIPPED.test(name) && name !== FILLED_FIELD);
}

/** The number of the comment that a Location leads to, on one of the site's own hosts. */
export function commentPlace(location: string, base: string, hosts: ReadonlySet<string>): number | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  const id = hosts.has(url.host) ? COMMENT_PLACE.exec(url.hash)?.[1] : undefined;
  return id === undefined ? undefined : Number(id);
}
