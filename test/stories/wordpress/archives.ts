import type { WordPress } from '../../origins/wordpress/wordpress.ts';

/** A list of posts that WordPress shows in pages of ten, newest first. */
export interface Archive {
  /** Its first page, percent-encoded as WordPress writes it: '/category/town/'. */
  readonly path: string;
  /** Every post it lists, one under a password too: its title is for everybody. */
  readonly posts: readonly number[];
}

const POSTS_PER_PAGE = 10;

/** The year and the month are those that the menu links to; nothing links to others. */
const LIST = `
$archives = ['/' => [], '/2024/' => ['year' => 2024], '/2024/03/' => ['year' => 2024, 'monthnum' => 3]];
foreach (get_terms(['taxonomy' => ['category', 'post_tag'], 'hide_empty' => true]) as $term)
	$archives[parse_url(get_term_link($term), PHP_URL_PATH)] = ['tax_query' => [['taxonomy' => $term->taxonomy, 'terms' => $term->term_id]]];
foreach (get_users(['has_published_posts' => ['post']]) as $user)
	$archives[parse_url(get_author_posts_url($user->ID), PHP_URL_PATH)] = ['author' => $user->ID];
$lists = [];
foreach ($archives as $path => $which)
	$lists[] = ['path' => $path, 'posts' => (new WP_Query($which + ['post_type' => 'post', 'post_status' => 'publish', 'posts_per_page' => -1, 'fields' => 'ids']))->posts];
echo json_encode($lists);`;

/** Every archive that a visitor can come to from the front page. */
export async function archivesOf(origin: WordPress): Promise<readonly Archive[]> {
  return JSON.parse(await origin.wp(LIST)) as Archive[];
}

/** The files of all pages of an archive. */
export function filesOfArchive({ path, posts }: Archive): readonly string[] {
  const pages = Math.ceil(posts.length / POSTS_PER_PAGE);
  return Array.from({ length: pages }, (_, index) => fileOfPage(path, index + 1));
}

/** The file of the archive's page that lists a post; none where it does not. */
export function filesListing(post: number, { path, posts }: Archive): readonly string[] {
  const at = posts.indexOf(post);
  return at === -1 ? [] : [fileOfPage(path, Math.floor(at / POSTS_PER_PAGE) + 1)];
}

/** The file of a page: '2024/café/index.html' for '/2024/caf%c3%a9/'. */
export function fileOfPath(path: string): string {
  return `${decodeURIComponent(path).slice(1)}index.html`;
}

function fileOfPage(path: string, page: number): string {
  return fileOfPath(page === 1 ? path : `${path}page/${page}/`);
}
