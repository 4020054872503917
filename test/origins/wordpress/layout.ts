import { join } from 'node:path';

/** Where everything of one WordPress lies: one folder, which can be copied and moved while nothing runs. */
export interface Layout {
  readonly dir: string;
  /** WordPress itself, a copy that its PHP may write to. */
  readonly www: string;
  readonly database: string;
  readonly databaseSocket: string;
  readonly phpSocket: string;
  readonly accessLog: string;
  /** Ids and paths that the seed printed. */
  readonly seeded: string;
  /** Sockets, logs and configurations of one run. */
  readonly run: string;
}

/** The address a WordPress is seeded with; each start puts its own in its place. */
export const SEED_HOST = 'origin.invalid';

/** The parts of a state folder. */
export function layoutOf(dir: string): Layout {
  const run = join(dir, 'run');
  return {
    dir,
    run,
    www: join(dir, 'www'),
    database: join(dir, 'db'),
    databaseSocket: join(run, 'db.sock'),
    phpSocket: join(run, 'php.sock'),
    accessLog: join(run, 'access.log'),
    seeded: join(dir, 'seeded.json'),
  };
}

/** WordPress's own configuration: it finds the database beside itself, wherever the folder lies, and asks nobody outside. */
export const WP_CONFIG = `<?php
define('DB_NAME', 'courant');
define('DB_USER', 'courant');
define('DB_PASSWORD', 'courant');
define('DB_HOST', 'localhost:' . dirname(__DIR__) . '/run/db.sock');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
	define($name . '_KEY', 'a test key for ' . $name);
	define($name . '_SALT', 'a test salt for ' . $name);
}
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_AUTO_UPDATE_CORE', false);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`;

/** PHP-FPM: as many workers as a small host has. */
export function phpConfig(layout: Layout): string {
  return `[global]
pid = ${layout.run}/php.pid
error_log = ${layout.run}/php.log
[www]
user = www-data
group = www-data
listen = ${layout.phpSocket}
listen.owner = www-data
listen.mode = 0660
pm = static
pm.max_children = 4
php_admin_value[memory_limit] = 256M
php_admin_value[sendmail_path] = /bin/true
`;
}

/** nginx in front of it, as WordPress's own documentation has it, with a log that can be parsed. */
export function nginxConfig(layout: Layout, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${layout.run}/${kind};`,
  );
  return `user www-data;
worker_processes 2;
daemon off;
pid ${layout.run}/nginx.pid;
error_log ${layout.run}/nginx.log;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  gzip on;
  sendfile on;
${temporary.join('\n')}
  log_format hits escape=json '{"at":$msec,"method":"$request_method","path":"$request_uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,"agent":"$http_user_agent","from":"$remote_addr"}';
  access_log ${layout.accessLog} hits;
  server {
    listen 127.0.0.1:${port};
    root ${layout.www};
    index index.php;
    location / { try_files $uri $uri/ /index.php?$args; }
    location ~ \\.php$ {
      try_files $uri =404;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      # With its port: Debian's file passes the host alone, and WordPress would redirect to itself for ever.
      fastcgi_param HTTP_HOST 127.0.0.1:${port};
      fastcgi_buffers 64 16k;
      fastcgi_pass unix:${layout.phpSocket};
    }
  }
}
`;
}
