import type { ControlRecord } from '../../control.ts';
import { HOLD, HOLD_ON } from '../layout/paths.ts';
import { quoted } from './shell.ts';

/**
 * Commands in `_holdfast` that make the flags what the record says, whatever is there, as `mirror/hold.ts` does. Where there is no hold
 * and was none they run no program.
 */
export function holdLines(hold: ControlRecord['hold']): readonly string[] {
  const on = `${HOLD}/${HOLD_ON}`;
  if (hold === null) return [`if [ -e ${HOLD} ]; then rm -f -- ${on}; rm -rf -- ${HOLD}; sync -- .; fi`];
  const page = quoted(hold.page);
  const names = quoted([hold.page, HOLD_ON].sort().join('\n'));
  return [
    `if ! { [ "$(ls -A -- ${HOLD} 2>/dev/null || :)" = ${names} ] && [ "$(cat -- ${on})" = ${page} ]; }; then`,
    `mkdir -p -- ${HOLD}`,
    `for each in ${page} ${HOLD_ON}; do printf '%s\\n' ${page} >${HOLD}/"$each"; sync -- ${HOLD}/"$each"; done`,
    `for each in ${HOLD}/*; do case "\${each#${HOLD}/}" in ${page}|${HOLD_ON}) ;; *) rm -rf -- "$each" ;; esac; done`,
    `sync -- ${HOLD} .`,
    'fi',
  ];
}
