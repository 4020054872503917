import * as z from 'zod';
import { doc, httpUrl, name, pathGlob } from './fields.ts';

/** `destinations`, each by its `use`. */
export const mirror = z.strictObject({
  use: doc(z.literal('mirror'), 'A directory that a web server serves'),
  name: doc(name.default('mirror'), 'What the destination is called in `--to` and in summaries'),
  dir: doc(
    z.string().min(1),
    "The directory; a web server's root is `<dir>/current`. Relative to the configuration file",
  ),
});

/** Nothing that ssh could take for an option, and nothing that a shell would read. */
const sshHost = z
  .string()
  .regex(/^([A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9:][A-Za-z0-9.:_-]*$/, {
    error: 'is not a machine as ssh names it, such as www@mirror.example.org',
  })
  .meta({ type: 'host' });
const absoluteFolder = z
  .string()
  .refine((dir) => dir.startsWith('/') && dir.length > 1 && isFolder(dir.slice(1)), {
    error: 'is not an absolute path, such as /srv/www',
  })
  .meta({ type: 'absolute path' })
  .transform((dir) => dir.replace(/\/$/, ''));

/** See `mirror`. */
export const rsync = z.strictObject({
  use: doc(
    z.literal('rsync'),
    'A mirror on another machine, written by ssh and rsync, which must be installed here and there',
  ),
  name: doc(name.default('rsync'), 'What the destination is called in `--to` and in summaries'),
  to: doc(
    sshHost,
    'The machine, `user@host` or `host`, as ssh knows it. Its host key must be known, and the key needs no passphrase',
  ),
  port: doc(z.int().min(1).max(65_535).optional(), 'The port of its sshd, where ssh is not configured to know it'),
  dir: doc(absoluteFolder, "The directory there, absolute; its web server's root is `<dir>/current`"),
  identity: doc(
    z.string().min(1).optional(),
    'File of the private key, relative to the configuration file; where it is left out, ssh chooses',
  ),
  knownHosts: doc(
    z.string().min(1).optional(),
    'File with its host key, relative to the configuration file; where it is left out, those that ssh reads',
  ),
});

function isFolder(prefix: string): boolean {
  const parts = prefix.replace(/\/$/, '').split('/');
  return prefix === '' || parts.every((part) => !/^\.{0,2}$|[\u0000-\u001f\u007f]/.test(part));
}

/** See `mirror`. */
export const s3 = z.strictObject({
  use: doc(
    z.literal('s3'),
    'A bucket of Amazon S3, or of another server that speaks it. Credentials come from the AWS chain: environment, profile, role',
  ),
  name: doc(name.default('s3'), 'What the destination is called in `--to` and in summaries'),
  bucket: doc(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, { error: "is not a bucket's name" }),
    'The bucket, which must be there',
  ),
  prefix: doc(
    z.string().refine(isFolder, { error: 'is not a folder of a bucket, such as www' }).default(''),
    'The folder in the bucket that the site lies in',
  ),
  region: doc(
    z
      .string()
      .regex(/^[a-z0-9-]+$/, { error: 'is not a region, such as eu-central-1' })
      .optional(),
    'By default from the AWS chain; behind an `endpoint` us-east-1 where that has none',
  ),
  endpoint: doc(httpUrl.optional(), "Another server than Amazon's"),
  pathStyle: doc(
    z.boolean().optional(),
    "The bucket's name in the path instead of the host; by default where there is an `endpoint`",
  ),
  identity: doc(
    z.array(pathGlob).default([]),
    'Files never stored compressed, for readers that do not unpack (globs: `/feed/**`); others are stored as gzip where that is smaller',
  ),
});
