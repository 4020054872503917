import type { GateConfig } from '../config/schema.ts';
import { isHoldfastError } from '../model/errors.ts';
import { judge, judgeStatus } from '../snapshot/gate/judge.ts';
import type { Finding, Level } from './finding.ts';
import type { Seen } from './look.ts';

/** Judges each page as a publish would: what fails here would be missing from a first release. */
export function checkGate(seen: readonly Seen[], rules: GateConfig): readonly Finding[] {
  // That the origin cannot be reached at all is said once, of the origin.
  if (seen.every(({ result }) => isHoldfastError(result))) return [];
  return seen.flatMap((one) => judgeOne(one, rules));
}

function judgeOne({ address, result }: Seen, rules: GateConfig): Finding[] {
  const find = (level: Level, text: string, hint?: string): Finding[] => [
    { concern: 'gate', level, text: `${address} ${text}`, ...(hint === undefined ? {} : { hint }) },
  ];
  if (isHoldfastError(result)) return find('fail', `has no answer: ${result.message}`, result.hint);
  switch (result.kind) {
    case 'unchanged':
      return find('fail', 'answered 304 though nothing was asked of it', 'a cache in front of the origin is at fault');
    case 'redirect':
      return find(
        'warn',
        `redirects to ${result.to}`,
        'it becomes a small page that leads there; list the page it leads to instead',
      );
    case 'status': {
      const judged = judgeStatus(result.status, result.bytes);
      const text = judged === 'gone' ? `answered ${result.status}` : `is refused: ${judged.problem}, ${judged.text}`;
      return find('fail', text, judged === 'gone' ? 'take it out of the lane, or publish the page' : undefined);
    }
    case 'body': {
      const type = result.headers.get('content-type') ?? '';
      if (!/html/i.test(type)) return find('ok', `passes: ${sizeOf(result.bytes)} of ${type || 'no type'}`);
      const verdict = judge({ address, type, bytes: result.bytes, setCookies: result.headers.setCookies }, rules);
      if (!verdict.pass)
        return find(
          'fail',
          `is refused: ${verdict.problem}, ${verdict.text}`,
          'the rules are in `gate` of the configuration',
        );
      return [
        ...find('ok', `passes: ${sizeOf(result.bytes)}`),
        ...verdict.warnings.flatMap((warning) => find('warn', `passes, but: ${warning}`)),
      ];
    }
  }
}

const sizeOf = (bytes: Buffer): string => `${(bytes.length / 1000).toFixed(1)} KB`;
