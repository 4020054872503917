import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as assert from 'uvu/assert';
import type { Manifest } from '../../src/model/manifest.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { createS3 } from '../../src/publish/destinations/s3.ts';
import { type Release, read } from '../conformance/releases.ts';
import { ceph, clientOf, openBucket, type TestBucket } from '../support/ceph.ts';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { NEW, OLD, publishWith, THIRD } from './cycle.ts';

/** So short that a lost answer costs a test half a second. */
const SILENCE_MS = 500;

/** A bucket that all cases share, each below a prefix of its own, and a proxy of each case's own before it. */
export interface Rig {
  readonly bucket: TestBucket;
  readonly client: S3Client;
  close(): void;
}

/** One place to publish to. */
export interface Place {
  readonly prefix: string;
  /** What a publisher reaches through the proxy. */
  readonly through: Destination;
  /** What visitors, and everybody else, reach. */
  readonly direct: Destination;
  readonly proxy: FaultyProxy;
}

/** Starts the store. Credentials come from the environment, as they do in use. */
export async function openRig(): Promise<Rig> {
  await ceph();
  const bucket = await openBucket();
  process.env['AWS_ACCESS_KEY_ID'] = bucket.credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = bucket.credentials.secretAccessKey;
  const client = clientOf(bucket);
  return { bucket, client, close: () => client.destroy() };
}

/** A driver of its own for one publisher. */
export function publisherAt({ bucket }: Rig, prefix: string, endpoint = bucket.endpoint): Destination {
  return createS3({
    name: 'cdn',
    bucket: bucket.bucket,
    prefix,
    endpoint,
    identity: [],
    silence: SILENCE_MS,
  });
}

/** Does `work` where `live` was published, through a proxy that begins to count then. */
export async function inPlace<T>(
  rig: Rig,
  { prefix, live }: { readonly prefix: string; readonly live: Release | undefined },
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const direct = publisherAt(rig, prefix);
  if (live !== undefined) await publishWith(direct, live);
  const proxy = await startFaultyProxy(rig.bucket.endpoint);
  try {
    return await work({ prefix, proxy, direct, through: publisherAt(rig, prefix, proxy.url) });
  } finally {
    await proxy.close();
  }
}

/** Everything below the prefix, without it. */
export async function keysIn({ client, bucket }: Rig, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const answer: ListObjectsV2CommandOutput = await client.send(
      new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: `${prefix}/`, ContinuationToken: token }),
    );
    for (const { Key = '' } of answer.Contents ?? []) keys.push(Key.slice(prefix.length + 1));
    token = answer.NextContinuationToken;
  } while (token !== undefined);
  return keys.sort();
}

const signal = new AbortController().signal;

/** The control record, undefined where there is none. */
export async function recordAt(destination: Destination): Promise<ControlRecord | undefined> {
  return (await destination.control.read(signal))?.record;
}

/** Removes what a probe that was killed had no time to: some bytes under a name that nobody uses again. */
export async function removeProbes(rig: Rig, prefix: string): Promise<void> {
  const left = (await keysIn(rig, prefix)).filter((key) => key.startsWith('_holdfast/probe'));
  for (const key of left)
    await rig.client.send(new DeleteObjectCommand({ Bucket: rig.bucket.bucket, Key: `${prefix}/${key}` }));
}

/** What each of the tests' pages refers to. */
const ASSET_OF: ReadonlyMap<Release, string> = new Map([
  [OLD, 'assets/old.css'],
  [NEW, 'assets/new.css'],
  [THIRD, 'assets/third.css'],
]);

/**
 * Asserts what visitors are promised of a flat store: each file is whole, and as one of these releases has it; a page that is new finds
 * the new asset.
 */
export async function assertWhole(destination: Destination, releases: readonly Release[], when: string): Promise<void> {
  const paths = new Set(releases.flatMap(({ contents }) => [...contents.keys()]));
  for (const path of paths) {
    const seen = await read(destination, path);
    const owners = releases.filter(({ contents }) => seen !== undefined && contents.get(path)?.equals(seen));
    const isIn = releases.filter(({ contents }) => contents.has(path));
    if (seen === undefined)
      assert.ok(isIn.length < releases.length, `${when}: ${path} is gone, and every release has it`);
    else assert.ok(owners.length > 0, `${when}: ${path} is as no release has it`);
    if (!path.endsWith('.html') || owners.length !== 1 || owners[0] === undefined) continue;
    const asset = ASSET_OF.get(owners[0]) ?? '';
    assert.ok(await read(destination, asset), `${when}: ${path} needs ${asset}`);
  }
}

/** Asserts that the release is live, recorded, and all that there is. */
export async function assertAllThereIs(rig: Rig, place: Place, { release, when }: Expected): Promise<void> {
  const record = await recordAt(place.direct);
  assert.is(record?.live, release.manifest.id, when);
  assert.equal([record?.moving, record?.unsure, record?.suspects, record?.lease], [null, [], [], null], when);
  for (const [path, content] of release.contents)
    assert.ok((await read(place.direct, path))?.equals(content), `${when}: ${path}`);
  assert.equal(await keysIn(rig, place.prefix), keysOf(release.manifest), when);
}

export interface Expected {
  readonly release: Release;
  readonly when: string;
}

function keysOf({ files, id }: Manifest): readonly string[] {
  return [...files.map(({ path }) => path), '_holdfast/control.json', `_holdfast/releases/${id}.json`].sort();
}
