/** Run by the fault tests, bundled: `publish-once-s3 <options>` publishes one release to the bucket that the JSON names. */
import { createS3, type S3Options } from '../../src/publish/destinations/s3.ts';
import { NEW, publishWith } from './cycle.ts';

const [, , options = '', holder = ''] = process.argv;
await publishWith(createS3(JSON.parse(options) as S3Options), NEW, { holder });
