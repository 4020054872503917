import {
  CopyObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import * as assert from 'uvu/assert';
import { type ErrorCode, type HoldfastError, isHoldfastError } from '../../src/model/errors.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { createS3, type S3Options } from '../../src/publish/destinations/s3.ts';
import { clientOf, openBucket, type TestBucket } from '../support/ceph.ts';

/** A bucket of one test's own as the driver sees it, and as it is. */
export interface BucketPlace {
  readonly bucket: TestBucket;
  /** A driver of its own, as another machine would have. */
  open(more?: Partial<S3Options>): Destination;
  /** An object as it is stored, undefined where there is none. */
  stored(key: string): Promise<StoredThing | undefined>;
  /** Overwrites an object behind the driver's back. */
  tamper(key: string, more: Partial<PutObjectCommandInput>): Promise<void>;
  /** Copies an object behind the driver's back; both as `/bucket/key`. */
  copy(from: string, to: string): Promise<void>;
  /** Every key, sorted. */
  keys(): Promise<string[]>;
  /** Every object with its ETag and time, and every upload that was not ended. */
  inventory(): Promise<string>;
  close(): void;
}

export interface StoredThing {
  readonly body: Buffer;
  readonly answer: GetObjectCommandOutput;
}

/** Makes an empty bucket. Credentials come from the environment, as they do in use. */
export async function openPlace(): Promise<BucketPlace> {
  const made = await openBucket();
  const { bucket: Bucket, endpoint, credentials } = made;
  process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  const client = clientOf(made);
  const list = async () => (await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? [];
  return {
    bucket: made,
    open: (more) => createS3({ name: 's3', bucket: Bucket, prefix: '', endpoint, identity: [], ...more }),
    async stored(Key) {
      const answer = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error: unknown) => {
        if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return undefined;
        throw error;
      });
      if (answer === undefined) return undefined;
      return { body: Buffer.from((await answer.Body?.transformToByteArray()) ?? []), answer };
    },
    async tamper(Key, more) {
      await client.send(new PutObjectCommand({ Bucket, Key, ...more }));
    },
    async copy(CopySource, to) {
      await client.send(new CopyObjectCommand({ Bucket, CopySource, Key: to.replace(`/${Bucket}/`, '') }));
    },
    keys: async () => (await list()).flatMap(({ Key }) => Key ?? []).sort(),
    async inventory() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      const objects = (await list()).map(
        ({ Key, ETag, LastModified }) => `${Key} ${ETag} ${LastModified?.toISOString()}`,
      );
      return [...objects, ...Uploads.map(({ Key }) => `upload ${Key}`)].join('\n');
    },
    close: () => client.destroy(),
  };
}

/** The error with this code that `work` must fail with. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<HoldfastError> {
  const error = await work.then(
    () => assert.unreachable(`should have failed: ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(isHoldfastError(error, code), String(error));
  return error;
}
