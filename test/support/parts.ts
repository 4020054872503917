import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A Debian package and a file that shows it is installed; a `*` in the path stands for any part of one name (a PHP version). */
export interface Part {
  readonly package: string;
  readonly file: string;
}

const nginx: Part = { package: 'nginx', file: '/usr/sbin/nginx' };

const theme = (name: string): Part => ({
  package: `wordpress-theme-${name}`,
  file: `/usr/share/wordpress/wp-content/themes/${name}/style.css`,
});

const phpModule = (packageName: string, file: string): Part => ({
  package: packageName,
  file: `/usr/lib/php/*/${file}`,
});

/** Real programs that suites run against: each need, and the packages it takes on Debian. */
export const PARTS = {
  nginx: [nginx],
  caddy: [{ package: 'caddy', file: '/usr/bin/caddy' }],
  chromium: [{ package: 'chromium-headless-shell', file: '/usr/bin/chromium-headless-shell' }],
  strace: [{ package: 'strace', file: '/usr/bin/strace' }],
  wget: [{ package: 'wget', file: '/usr/bin/wget' }],
  wordpress: [
    nginx,
    { package: 'mariadb-server', file: '/usr/sbin/mariadbd' },
    { package: 'php-fpm', file: '/usr/sbin/php-fpm*' },
    { package: 'php-cli', file: '/usr/bin/php' },
    phpModule('php-mysql', 'mysqli.so'),
    phpModule('php-curl', 'curl.so'),
    phpModule('php-xml', 'xml.so'),
    phpModule('php-mbstring', 'mbstring.so'),
    phpModule('php-gd', 'gd.so'),
    { package: 'wordpress', file: '/usr/share/wordpress/wp-load.php' },
    theme('twentytwentythree'),
  ],
  twentytwentyone: [theme('twentytwentyone')],
  ceph: [
    { package: 'radosgw', file: '/usr/bin/radosgw' },
    { package: 'ceph-mon', file: '/usr/bin/ceph-mon' },
    { package: 'ceph-osd', file: '/usr/bin/ceph-osd' },
    { package: 'ceph-common', file: '/usr/bin/radosgw-admin' },
  ],
  sshd: [
    { package: 'openssh-server', file: '/usr/sbin/sshd' },
    { package: 'openssh-client', file: '/usr/bin/ssh' },
    { package: 'rsync', file: '/usr/bin/rsync' },
  ],
  haproxy: [{ package: 'haproxy', file: '/usr/sbin/haproxy' }],
  systemd: [{ package: 'systemd', file: '/usr/bin/systemd-analyze' }],
  python: [{ package: 'python3', file: '/usr/bin/python3' }],
  openssl: [{ package: 'openssl', file: '/usr/bin/openssl' }],
  varnish: [
    { package: 'varnish', file: '/usr/sbin/varnishd' },
    { package: 'varnish-modules', file: '/usr/lib/*/varnish/vmods/libvmod_vsthrottle.so' },
  ],
} as const satisfies Record<string, readonly Part[]>;

/** Something a suite cannot run without. */
export type Need = keyof typeof PARTS | 'root';

/** Whether a need is met on this machine, now. */
export function isMet(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0;
  return PARTS[need].every((part) => isInstalled(part));
}

/** Packages whose file is not there, each once. */
export function missingPackages(): string[] {
  const missing = Object.values(PARTS)
    .flat()
    .filter((part) => !isInstalled(part));
  return [...new Set(missing.map((part) => part.package))];
}

/** Paths that a part's pattern stands for, in order of name; empty when it is not installed. */
export function filesOf(pattern: string): string[] {
  return pattern
    .split('/')
    .slice(1)
    .reduce<string[]>((folders, segment) => folders.flatMap((folder) => inside(folder, segment)), ['/']);
}

function isInstalled(part: Part): boolean {
  return filesOf(part.file).length > 0;
}

function inside(folder: string, segment: string): string[] {
  if (!segment.includes('*')) {
    const path = join(folder, segment);
    return existsSync(path) ? [path] : [];
  }
  const [start = '', end = ''] = segment.split('*');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end))
    .sort()
    .map((name) => join(folder, name));
}
