import { nginx } from './nginx-driver.ts';
import type { EdgeDriver } from './rig.ts';

/** Debian's Varnish before nginx. */
export const varnish: EdgeDriver = {
  name: 'varnish',
  needs: ['varnish', 'nginx'],
  before: nginx,
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
