import type { EdgeDriver } from './rig.ts';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Debian's nginx with two workers, as Debian sets it up around a site. */
export const nginx: EdgeDriver = {
  name: 'nginx',
  needs: ['nginx'],
  place([file], { port, scratch }) {
    const text = (file?.text ?? '')
      .replace('listen 80 default_server;', `listen 127.0.0.1:${port} default_server;`)
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace(/^\tlisten \[::\]:80.*\n/gm, '')
      .replace('access_log /var/log/nginx/holdfast.log', `access_log ${scratch}/access.log`);
    const temporary = TEMPORARY.map((kind) => `${kind}_temp_path ${scratch}/${kind};`).join(' ');
    const root = process.getuid?.() === 0 ? 'user root;' : '';
    return {
      'holdfast.conf': text,
      'nginx.conf': `${root} daemon off; worker_processes 2; pid ${scratch}/pid; error_log ${scratch}/error.log;
        events { worker_connections 2048; }
        http { ${temporary} include ${scratch}/holdfast.conf; }`,
    };
  },
  check: ({ scratch }) => ['/usr/sbin/nginx', '-t', '-q', '-c', `${scratch}/nginx.conf`, '-e', 'stderr'],
  serve: ({ scratch }) => [['/usr/sbin/nginx', '-c', `${scratch}/nginx.conf`, '-e', `${scratch}/error.log`]],
};
