import type { EdgeDriver } from './rig.ts';

/** Debian's Caddy, without its port for administration. */
export const caddy: EdgeDriver = {
  name: 'caddy',
  needs: ['caddy'],
  place([file], { port, scratch }) {
    const text = (file?.text ?? '')
      .replace('\nhttp:// {', `\nhttp://:${port} {`)
      .replace('\nhttps://www.example.org {', `\nhttp://www.example.org:${port} {`)
      .replace('/var/log/caddy/holdfast.log', `${scratch}/access.log`);
    return { Caddyfile: `{\n\tadmin off\n\tauto_https off\n}\n${text}` };
  },
  check: ({ scratch }) => ['/usr/bin/caddy', 'validate', '--adapter', 'caddyfile', '--config', `${scratch}/Caddyfile`],
  serve: ({ scratch }) => [['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', `${scratch}/Caddyfile`]],
};
