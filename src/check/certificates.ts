import type { Config } from '../config/schema.ts';
import { certificatesOf, judgeCertificate } from '../cycle/certificates.ts';
import { type Finding, findingsOf, type Level } from './finding.ts';

const LEVELS: Readonly<Record<ReturnType<typeof judgeCertificate>['how'], Level>> = {
  good: 'ok',
  bad: 'warn',
  over: 'fail',
};
const HINT =
  'renew it, and see why that did not happen by itself: visitors of an address without a good one get an error';

/** Until when the certificates of the site, the origin and stores are good, where they are https. */
export async function checkCertificates(config: Config, now: number): Promise<readonly Finding[]> {
  return (await certificatesOf(config)).map((certificate) => {
    const { how, text } = judgeCertificate(certificate, now);
    const find = findingsOf('certificate', certificate.of);
    return how === 'good' ? find('ok', text) : find(LEVELS[how], text, hintFor(certificate.until));
  });
}

function hintFor(until: string | null): string {
  return until === null
    ? 'nobody answers there over https from this machine: is the address right, and may it connect?'
    : HINT;
}
