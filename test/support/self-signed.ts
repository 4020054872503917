import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate for so many days, that no authority has signed, as a forgotten one would not be taken any more either. */
export async function selfSigned(days: number): Promise<{ key: Buffer; cert: Buffer }> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-certificate-'));
  try {
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=www.example.org'];
    const args = ['req', '-x509', ...kind, '-days', String(days), '-keyout', key, '-out', cert];
    await promisify(execFile)('/usr/bin/openssl', args);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(dir, { recursive: true });
  }
}
