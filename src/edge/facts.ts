import type { EDGES } from '../config/edge.ts';
import type { DestinationConfig, EdgeConfig } from '../config/schema.ts';
import { HoldfastError } from '../model/errors.ts';
import type { HoldingFacts } from '../model/holding.ts';
import type { KnownRedirects } from './redirects.ts';

/** A web server or balancer that a configuration is written for. */
export type EdgeName = (typeof EDGES)[number];

/** A holding page as it is published, for those in front that carry it themselves. */
export interface HoldingPage extends HoldingFacts {
  readonly html: Buffer;
  /** Its smallest form, where a balancer that wants it is among `edge.for`. */
  readonly tiny?: Buffer;
}

/** All that a server's configuration is filled from. */
export interface EdgeFacts {
  /** The public address. */
  readonly site: URL;
  readonly origin: {
    readonly url: URL;
    /** The Host header it wants, with the port where that is no default. */
    readonly host: string;
  };
  readonly rules: EdgeConfig;
  /** Host and port of the inbox, which then takes every comment; undefined where there is none. */
  readonly inbox: string | undefined;
  /** Where the release is; the `dir` of a mirror is absolute. */
  readonly destination: DestinationConfig;
  readonly holding: readonly HoldingPage[];
  /** Those of what is live there, for servers that are told of redirects. */
  readonly redirects: KnownRedirects;
}

/** One file to install; the first of several is the one that names the others. */
export interface EdgeFile {
  /** Relative to the folder that the files are written to. */
  readonly path: string;
  readonly text: string;
}

/**
 * Fills the texts of `publish/edge/<name>/`, which are by file name. Pure. Throws `edge-refused` with one line for what the server's language cannot say,
 * so that nothing from the configuration is ever read as a directive.
 */
export type EdgeFiller = (facts: EdgeFacts, texts: ReadonlyMap<string, string>) => readonly EdgeFile[];

/** What is thrown for a value that a server's configuration cannot hold; `field` is as it is written in the configuration file. */
export function refused(field: string, value: string, why: string): HoldfastError {
  return new HoldfastError('edge-refused', `${field}: ${JSON.stringify(value)} ${why}`, {
    hint: 'change it in the configuration, or write the configuration of the server by hand',
  });
}

/** The folder that a web server serves: that of a mirror here, or of one on another machine. Throws `usage` for a bucket. */
export function folderOf({ destination }: EdgeFacts, server: string): string {
  if (destination.use !== 's3') return destination.dir;
  throw new HoldfastError('usage', `${server} serves a folder, and ${destination.name} is a bucket`, {
    hint: 'name a mirror with --to',
  });
}

/** The bucket that a distribution serves. Throws `usage` for a folder. */
export function bucketOf({ destination }: EdgeFacts, server: string): Extract<DestinationConfig, { use: 's3' }> {
  if (destination.use === 's3') return destination;
  throw new HoldfastError('usage', `${server} serves a bucket, and ${destination.name} is a folder`, {
    hint: 'name a bucket with --to',
  });
}

/** The text of that name. */
export function textOf(texts: ReadonlyMap<string, string>, name: string): string {
  const text = texts.get(name);
  if (text === undefined) throw new HoldfastError('unexpected', `there is no publish/edge text ${name}`);
  return text;
}
