import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WordPress } from './wordpress.ts';

const PLUGIN = fileURLToPath(new URL('../../../publish/wordpress/holdfast.php', import.meta.url));

/** Installs `publish/wordpress/holdfast.php` as it says itself, for a `holdfast run` that listens there. */
export async function installHook(
  { dir }: WordPress,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<void> {
  const www = join(dir, 'www');
  const plugins = join(www, 'wp-content/mu-plugins');
  await mkdir(plugins, { recursive: true });
  await copyFile(PLUGIN, join(plugins, 'holdfast.php'));
  const file = join(www, 'wp-config.php');
  const lines = `<?php\ndefine('HOLDFAST_TRIGGER', '${url}/trigger');\ndefine('HOLDFAST_TOKEN', '${token}');\n`;
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^<\?php/, lines));
}

/** Has a comment wait for approval, as a visitor's does where the editor wants to see it first; its number. */
export async function waitingComment(origin: WordPress, post: number, text: string): Promise<number> {
  await origin.wp(`update_option('comment_moderation', '1');`);
  const { id, status } = await origin.comment(post, text);
  if (id === undefined) throw new Error(`WordPress answered ${status} to the comment`);
  return id;
}

/** Approves it; when that was, in milliseconds since 1970. */
export async function approve(origin: WordPress, id: number): Promise<number> {
  const at = await origin.wp(`echo 'at ', microtime(true); wp_set_comment_status(${id}, 'approve');`);
  return Number(/at ([\d.]+)/.exec(at)?.[1]) * 1000;
}
