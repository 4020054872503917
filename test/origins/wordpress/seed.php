<?php
/*
 * Fills an empty WordPress with a small town's newspaper, always the same one. Run by PHP's command line in two passes, as `seed.php install`
 * and `seed.php fill`, since WordPress behaves differently while it is being installed. The environment gives WWW (its folder), HOME_URL
 * and SECRET, a word that stands only where no visitor may read it. The second pass prints JSON: the ids and paths tests need.
 */
$home = getenv('HOME_URL');
$secret = getenv('SECRET');
$_SERVER['HTTP_HOST'] = parse_url($home, PHP_URL_HOST);
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';

function wp_new_blog_notification() {} // WordPress would write a letter to the owner

if ($argv[1] === 'install') {
	define('WP_INSTALLING', true);
	require getenv('WWW') . '/wp-load.php';
	require ABSPATH . 'wp-admin/includes/upgrade.php';
	wp_install('The Harbour Courant', 'editor', 'editor@private.example', true, '', wp_generate_password());
	$settings = [
		'home' => $home, 'siteurl' => $home, 'blogdescription' => 'News of a small town with a large clock',
		'timezone_string' => 'UTC', 'posts_per_page' => 10, 'page_comments' => 0, 'thread_comments' => 1, 'thread_comments_depth' => 5,
		'comments_notify' => 0, 'moderation_notify' => 0, 'comment_previously_approved' => 0, 'default_pingback_flag' => 0,
		'permalink_structure' => '/%year%/%monthnum%/%postname%/',
	];
	foreach ($settings as $name => $value) update_option($name, $value);
	exit;
}

require getenv('WWW') . '/wp-load.php';
foreach (['image', 'media', 'file', 'post', 'nav-menu', 'taxonomy'] as $part) require_once ABSPATH . "wp-admin/includes/$part.php";
mt_srand(1883);
wp_set_current_user(1);
wp_defer_term_counting(true);
wp_defer_comment_counting(true);
foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $stock) wp_delete_post($stock->ID, true);

// ---- words

function pick(array $of) { return $of[mt_rand(0, count($of) - 1)]; }

function sentence() {
	static $who = ['The harbour master', 'Mrs Okafor of the bakery', 'A visiting choir', 'The night ferry', 'The council', 'Our clock', 'The new bridge',
		'A flock of terns', 'The school orchestra', 'The lighthouse', 'Old Piet', 'The Tuesday market'];
	static $did = ['was late by', 'has found', 'will be paid for with', 'cannot do without', 'was seen beside', 'has quietly replaced', 'was measured against',
		'returned with', 'prefers', 'was woken by', 'has outlived', 'sold out of'];
	static $what = ['eleven minutes', 'a crate of lemons', 'the old timetable', 'two brass bells', 'the wrong umbrella', 'fresh paint', 'a letter from 1931',
		'the whole of the tide', 'an uncommonly large marrow', 'three metres of rope', 'the second verse', 'a borrowed ladder'];
	static $when = ['this morning', 'before the rain', 'for the third year running', 'as everybody had expected', 'according to this paper',
		'while nobody was looking', 'in spite of the wind', 'until further notice'];
	return pick($who) . ' ' . pick($did) . ' ' . pick($what) . ' ' . pick($when) . '.';
}

function sentences(int $count) {
	$all = [];
	for ($n = 0; $n < $count; $n++) $all[] = sentence();
	return implode(' ', $all);
}

function paragraph(string $html) { return "<!-- wp:paragraph -->\n<p>$html</p>\n<!-- /wp:paragraph -->\n\n"; }

function heading(string $text) { return "<!-- wp:heading -->\n<h2 class=\"wp-block-heading\">$text</h2>\n<!-- /wp:heading -->\n\n"; }

function picture(int $id) {
	$full = wp_get_attachment_url($id);
	$large = wp_get_attachment_image_url($id, 'large');
	return "<!-- wp:image {\"id\":$id,\"sizeSlug\":\"large\",\"linkDestination\":\"media\"} -->\n<figure class=\"wp-block-image size-large\">"
		. "<a href=\"$full\"><img src=\"$large\" alt=\"\" class=\"wp-image-$id\"/></a></figure>\n<!-- /wp:image -->\n\n";
}

function publish(array $fields) {
	$id = wp_insert_post(wp_slash($fields + ['post_status' => 'publish', 'post_author' => 1]), true);
	if (is_wp_error($id)) { fwrite(STDERR, $id->get_error_message() . "\n"); exit(1); }
	return $id;
}

// ---- pictures: striped fields under a sky, with the smaller versions that WordPress makes of any upload

$pictures = [];
for ($n = 1; $n <= 6; $n++) {
	$canvas = imagecreatetruecolor(1400, 900);
	for ($stripe = 0; $stripe < 18; $stripe++) {
		$colour = imagecolorallocate($canvas, 90 + $stripe * 7, 130 + ($stripe * 23 * $n) % 90, 200 - $stripe * 6);
		imagefilledrectangle($canvas, 0, $stripe * 50, 1400, $stripe * 50 + 50, $colour);
	}
	imagefilledellipse($canvas, 200 + $n * 160, 180, 160, 160, imagecolorallocate($canvas, 255, 236, 170));
	$uploads = wp_upload_dir('2024/02');
	$file = "{$uploads['path']}/harbour-$n.jpg";
	imagejpeg($canvas, $file, 80);
	$id = wp_insert_attachment(['post_title' => "Harbour $n", 'post_mime_type' => 'image/jpeg', 'post_status' => 'inherit', 'post_date' => '2024-02-01 08:00:00'], $file);
	wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $file));
	update_post_meta($id, '_wp_attachment_image_alt', "The harbour, seen for the $n. time");
	$pictures[] = $id;
}

// ---- posts

$categories = [];
foreach (['Town', 'Weather & Tides', 'Kultúra'] as $name) $categories[] = wp_insert_term($name, 'category')['term_id'];
$tags = ['clock', 'ferry', 'market', 'lost and found', 'letters', 'música', '海', 'bridges'];
$second = wp_insert_user(['user_login' => 'amara', 'display_name' => 'Amara Okafor', 'user_pass' => wp_generate_password(), 'user_email' => 'amara@private.example', 'role' => 'author']);

$foreign = [20 => '港の時計', 45 => 'Причал закрыт до весны', 70 => 'Où est passée l’horloge ?', 95 => 'ساعة الميناء', 120 => 'Το ρολόι σταμάτησε', 145 => '50 % off & "more" <soon>'];
$posts = [];
for ($n = 1; $n <= 205; $n++) {
	$body = paragraph(sentences(4));
	if ($n % 9 === 0) $body .= "<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->\n\n";
	if ($posts) {
		$other = pick($posts);
		$body .= paragraph('As we wrote in <a href="' . get_permalink($other) . '">' . esc_html(get_the_title($other)) . '</a> (<a href="' . $home . '/?p=' . $other . '">short link</a>), ' . lcfirst(sentence()));
	}
	$body .= heading(rtrim(sentence(), '.'));
	if ($n % 4 === 0) $body .= picture($pictures[$n % 6]);
	$body .= paragraph(sentences(5));
	if ($n % 50 === 0) $body .= "<!-- wp:nextpage -->\n<!--nextpage-->\n<!-- /wp:nextpage -->\n\n" . paragraph(sentences(5));
	$id = publish([
		'post_title' => $foreign[$n] ?? rtrim(sentence(), '.'), 'post_content' => $body, 'post_author' => $n % 3 ? 1 : $second,
		'post_category' => [$categories[$n % 3]], 'tags_input' => [$tags[$n % 8], $tags[($n * 5 + 3) % 8]],
		'post_date' => gmdate('Y-m-d H:i:s', gmmktime(7, 30, 0, 2, 1, 2024) + $n * 2 * DAY_IN_SECONDS),
	]);
	if ($n % 6 === 0) set_post_thumbnail($id, $pictures[$n % 6]);
	$posts[] = $id;
}
$launch = publish([
	'post_title' => 'Launch announcement', 'post_name' => 'launch-announcement', 'post_category' => [$categories[0]], 'tags_input' => ['clock'],
	'post_content' => paragraph('The clock runs again. ' . sentences(4)) . picture($pictures[0]) . paragraph(sentences(6)), 'post_date' => '2025-06-02 09:00:00',
]);
set_post_thumbnail($launch, $pictures[0]);

// ---- what no visitor may read

$hidden = [];
foreach (['draft', 'private', 'future', 'protected', 'trash'] as $kind) {
	$hidden[$kind] = publish([
		'post_title' => $kind === 'protected' ? 'For members' : "Hidden by $kind $secret", 'post_content' => paragraph("$secret in a $kind post"),
		'post_status' => $kind === 'protected' ? 'publish' : ($kind === 'trash' ? 'draft' : $kind), 'post_password' => $kind === 'protected' ? 'sesame' : '',
		'post_date' => $kind === 'future' ? '2099-01-01 00:00:00' : '2024-08-15 12:00:00', 'post_excerpt' => $kind === 'protected' ? '' : $secret,
		'post_category' => [$categories[1]], 'post_name' => "hidden-$kind",
	]);
}
wp_trash_post($hidden['trash']);

// ---- pages and a menu, for classic themes and as a block

$pages = [];
foreach (['About', 'Contact', 'Tide tables', 'Archive of the clock', 'Colophon', 'Letters', 'History', 'Ferry times'] as $n => $title) {
	$pages[] = publish([
		'post_type' => 'page', 'post_title' => $title, 'post_content' => paragraph(sentences(6)) . ($n % 3 ? '' : picture($pictures[$n % 6])),
		'post_parent' => $n >= 6 ? $pages[0] : 0, 'comment_status' => 'closed', 'post_date' => '2024-01-15 08:00:00',
	]);
}
$places = ['Home' => "$home/", 'About' => get_permalink($pages[0]), 'Town' => get_category_link($categories[0]), '2024' => "$home/2024/", 'March' => "$home/2024/03/", 'Feed' => "$home/feed/"];
$menu = wp_create_nav_menu('Main');
$blocks = '';
foreach ($places as $label => $url) {
	wp_update_nav_menu_item($menu, 0, ['menu-item-title' => $label, 'menu-item-url' => $url, 'menu-item-status' => 'publish', 'menu-item-type' => 'custom']);
	$blocks .= '<!-- wp:navigation-link ' . wp_json_encode(['label' => (string) $label, 'url' => $url, 'kind' => 'custom', 'isTopLevelLink' => true]) . ' /-->';
}
publish(['post_type' => 'wp_navigation', 'post_title' => 'Main', 'post_content' => $blocks, 'post_date' => '2024-01-15 08:00:00']);
update_option('theme_mods_twentytwentyone', ['nav_menu_locations' => ['primary' => $menu, 'footer' => $menu]]);

// ---- comments

global $wpdb;
$wpdb->query('START TRANSACTION');
$readers = ['Nell', 'João', 'Ægir', 'Мила', '小林', 'Zofia Żuk', "D'Arcy", 'Priya', 'أمل', 'Tom & Co', 'Bé', '🐚 Shell'];
$opening = ['', 'Hear, hear. ', '<strong>Really?</strong> ', '<a href="https://example.org/?clock=1&amp;bell=2">As shown here</a>: ', '<code>if (late &lt; 3)</code> ', "A word first.\n\n"];

/** Writes one comment; its reader, who is one of 60, has an address that must never be shown. */
function say(int $post, array $more) {
	global $readers, $opening;
	static $count = 0;
	$count++;
	$reader = $count % 60;
	$date = gmdate('Y-m-d H:i:s', gmmktime(9, 5, 0, 6, 2, 2025) + $count * 420);
	return wp_insert_comment(wp_filter_comment($more + [
		'comment_post_ID' => $post, 'comment_author' => $readers[$count % 12], 'comment_author_email' => "reader$reader@private.example",
		'comment_author_url' => $count % 5 ? '' : "https://example.org/~reader$reader", 'comment_content' => wp_slash($opening[$count % 6] . sentences(mt_rand(1, 3))),
		'comment_date' => $date, 'comment_date_gmt' => $date, 'comment_author_IP' => '127.9.9.9', 'comment_agent' => 'seed', 'comment_type' => 'comment',
		'comment_parent' => 0, 'comment_approved' => 1, 'user_id' => 0,
	]));
}

$thread = [];
for ($n = 0; $n < 1000; $n++) {
	$under = $thread && mt_rand(0, 9) < 4 ? pick($thread) : ['id' => 0, 'depth' => 0];
	if ($under['depth'] >= 5) $under = ['id' => 0, 'depth' => 0];
	$thread[] = ['id' => say($launch, ['comment_parent' => $under['id']]), 'depth' => $under['depth'] + 1];
}
for ($n = 0; $n < 400; $n++) say($posts[($n * 7) % 205], []);
for ($n = 0; $n < 12; $n++) say($n % 2 ? $launch : $posts[200], ['comment_content' => "$secret, held $n", 'comment_approved' => 0]);
for ($n = 0; $n < 8; $n++) say($launch, ['comment_content' => "$secret, spam $n", 'comment_approved' => 'spam']);
foreach (['private', 'protected'] as $kind) say($hidden[$kind], ['comment_content' => "$secret, said under a $kind post"]);
$wpdb->query('COMMIT');

wp_defer_term_counting(false);
wp_defer_comment_counting(false);
delete_option('rewrite_rules'); // the first request makes them anew, with all taxonomies known
$path = fn($id) => parse_url(get_permalink($id), PHP_URL_PATH);
echo json_encode([
	'announcement' => ['id' => $launch, 'path' => $path($launch)],
	'posts' => array_map(fn($id) => ['id' => $id, 'path' => $path($id)], $posts),
	'pages' => array_map(fn($id) => ['id' => $id, 'path' => $path($id)], $pages),
	'hidden' => $hidden,
], JSON_UNESCAPED_SLASHES);
