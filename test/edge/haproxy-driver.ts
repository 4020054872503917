import { nginx } from './nginx-driver.ts';
import type { EdgeDriver } from './rig.ts';

/** Debian's HAProxy before nginx. */
export const haproxy: EdgeDriver = {
  name: 'haproxy',
  needs: ['haproxy', 'nginx'],
  before: nginx,
  logsToStdout: true,
  place(files, { port }) {
    const [configuration, ...pages] = files;
    const text = (configuration?.text ?? '')
      .replace('bind :80\n', `bind 127.0.0.1:${port}\n`)
      .replace('\tbind :::80 v6only\n', '')
      .replace(/^\t(?:user|group|stats socket) .*\n/gm, '');
    return { 'haproxy.cfg': text, ...Object.fromEntries(pages.map((page) => [page.path, page.text])) };
  },
  check: ({ scratch }) => ['/usr/sbin/haproxy', '-c', '-q', '-f', `${scratch}/haproxy.cfg`],
  serve: ({ scratch }) => [['/usr/sbin/haproxy', '-db', '-C', scratch, '-f', `${scratch}/haproxy.cfg`]],
};
