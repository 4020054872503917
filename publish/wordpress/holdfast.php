<?php
/**
 * Plugin Name: Holdfast
 * Description: Tells holdfast run at once which pages changed. Copy it to wp-content/mu-plugins/ and say in wp-config.php where it listens.
 *
 *   define('HOLDFAST_TRIGGER', 'http://127.0.0.1:8787/trigger');   // several, with commas, where two machines run
 *   define('HOLDFAST_TOKEN_FILE', '/etc/holdfast/trigger-token');  // or HOLDFAST_TOKEN, the token itself
 *
 * Nothing waits for it: it speaks once a request, after the answer has gone to the visitor, and does not listen for an answer.
 * Where it cannot reach holdfast nothing is lost: the lanes come round as they do without it.
 */

if (!defined('ABSPATH')) {
    exit;
}

final class Holdfast_Trigger
{
    /** More pages than this at once are an import: the lanes see to them. */
    private const MOST_PATHS = 100;
    /** A connection on one machine or in one network stands long before; seconds. */
    private const LONGEST = 1;

    /** @var array<string, true> */
    private array $paths = [];

    public function listen(): void
    {
        add_action('save_post', fn ($id) => $this->note_post((int) $id), 20);
        add_action('transition_post_status', fn ($new, $old, $post) => $this->note_transition($new, $old, $post), 20, 3);
        // As it was before: a page that is taken back as a draft, or gets another address, is to go from where it stands.
        add_action('pre_post_update', fn ($id) => $this->note_post((int) $id));
        // Once it is in the bin a post has another address.
        add_action('wp_trash_post', fn ($id) => $this->note_post((int) $id));
        add_action('before_delete_post', fn ($id) => $this->note_post((int) $id));
        // By the form or by REST, as the inbox delivers them; one that waits is told of when it is approved.
        add_action('wp_insert_comment', fn ($id, $comment) => (string) $comment->comment_approved === '1' ? $this->note_comment((int) $id) : null, 20, 2);
        add_action('transition_comment_status', fn ($new, $old, $comment) => $this->note_post((int) $comment->comment_post_ID), 20, 3);
        add_action('edit_comment', fn ($id) => $this->note_comment((int) $id), 20);
        add_action('switch_theme', fn () => $this->note('/'), 20);
        add_action('wp_update_nav_menu', fn () => $this->note('/'), 20);
        add_action('shutdown', fn () => $this->send(), 100);
    }

    private function note_transition(string $new, string $old, WP_Post $post): void
    {
        if ($new === 'publish' || $old === 'publish') {
            $this->note_post($post->ID);
        }
    }

    private function note_comment(int $id): void
    {
        $comment = get_comment($id);
        if ($comment !== null) {
            $this->note_post((int) $comment->comment_post_ID);
        }
    }

    /** The post, and where it is listed. A draft has no address that anybody may know. */
    private function note_post(int $id): void
    {
        $post = get_post($id);
        if ($post === null || wp_is_post_revision($post) || wp_is_post_autosave($post)) {
            return;
        }
        if (!is_post_type_viewable($post->post_type) || !in_array($post->post_status, ['publish', 'private', 'trash'], true)) {
            return;
        }
        $this->note((string) get_permalink($post));
        $this->note('/');
        if ($post->post_type === 'post' && get_option('page_for_posts')) {
            $this->note((string) get_permalink((int) get_option('page_for_posts')));
        }
    }

    /** An address of this site, without its query: what has one is looked at by no lane. */
    private function note(string $url): void
    {
        $path = wp_parse_url($url, PHP_URL_PATH) ?: '/';
        if (wp_parse_url($url, PHP_URL_QUERY) === null && count($this->paths) < self::MOST_PATHS) {
            $this->paths[$path] = true;
        }
    }

    private function send(): void
    {
        $token = $this->token();
        if ($this->paths === [] || $token === '' || !defined('HOLDFAST_TRIGGER')) {
            return;
        }
        $body = (string) wp_json_encode(['paths' => array_keys($this->paths)]);
        $this->paths = [];
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        foreach (explode(',', HOLDFAST_TRIGGER) as $url) {
            wp_remote_post(trim($url), [
                'blocking' => false,
                'timeout' => self::LONGEST,
                'redirection' => 0,
                'headers' => ['Authorization' => "Bearer $token", 'Content-Type' => 'application/json'],
                'body' => $body,
            ]);
        }
    }

    private function token(): string
    {
        if (defined('HOLDFAST_TOKEN')) {
            return (string) HOLDFAST_TOKEN;
        }
        $read = defined('HOLDFAST_TOKEN_FILE') ? @file_get_contents(HOLDFAST_TOKEN_FILE) : false;
        return $read === false ? '' : trim($read);
    }
}

(new Holdfast_Trigger())->listen();
