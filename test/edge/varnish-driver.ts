import { nginx } from './nginx-driver.ts';
import type { EdgeDriver } from './rig.ts';

/** Debian's Varnish before nginx. */
export const varnish: EdgeDriver = {
  name: 'varnish',
  needs: ['varnish', 'nginx'],
  before: nginx,
  // It looks at its count before it connects, and counts when it has: those between the two all go. 5 and 8 of 500 were seen at a cap of 4, and a busier
  // machine may show more.
  overCap: 24,
  place: (files) => Object.fromEntries(files.map(({ path, text }) => [path, text])),
  check: ({ scratch }) => [
    '/usr/sbin/varnishd',
    '-C',
    '-n',
    `${scratch}/check`,
    '-p',
    `vcl_path=${scratch}`,
    '-f',
    'default.vcl',
  ],
  serve: ({ port, scratch }) => [
    [
      '/usr/bin/varnishncsa',
      ...['-a', '-j', '-t', 'off', '-n', `${scratch}/work`],
      ...['-f', `${scratch}/holdfast/log.format`, '-w', `${scratch}/access.log`],
    ],
    [
      '/usr/sbin/varnishd',
      ...['-F', '-j', 'none', '-n', `${scratch}/work`, '-s', 'malloc,32M', '-p', `vcl_path=${scratch}`],
      // It does not try a server that refused for a quarter of a second; tests change their minds faster.
      ...['-p', 'backend_remote_error_holddown=0'],
      ...['-a', `127.0.0.1:${port}`, '-f', `${scratch}/default.vcl`],
    ],
  ],
};
