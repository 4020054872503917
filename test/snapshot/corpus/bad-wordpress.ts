import { bare, divs, LOGIN_WIDGET, landmarks, post, type Theme } from './theme.ts';

/** A page that must never replace a good one. */
export interface BadPage {
  readonly name: string;
  readonly html: string;
  readonly problem: 'forbidden' | 'private' | 'unclosed' | 'small';
}

const bad = (name: string, html: string, problem: BadPage['problem'] = 'forbidden'): BadPage => ({
  name,
  html,
  problem,
});

const die = (title: string, text: string) =>
  bare(title, `<div class="wp-die-message">${text}</div>`, '<body id="error-page">');
const heading = (text: string) => `<h1>${text}</h1>`;

/** What WordPress says in its languages when the database does not answer. */
const DATABASE = {
  en: 'Error establishing a database connection',
  de: 'Fehler beim Aufbau einer Datenbankverbindung',
  fr: 'Erreur lors de la connexion à la base de données',
  es: 'Error al establecer una conexión con la base de datos',
  pt: 'Erro ao estabelecer uma conexão com o banco de dados',
  ja: 'データベース接続確立エラー',
  it: 'Errore nello stabilire una connessione al database',
  nl: 'Fout bij het maken van een verbinding met de database',
  ru: 'Ошибка установки соединения с базой данных',
};

const MAINTENANCE = {
  en: 'Briefly unavailable for scheduled maintenance. Check back in a minute.',
  de: 'Wegen Wartungsarbeiten ist diese Website kurzzeitig nicht verfügbar. Schau in einer Minute noch einmal vorbei.',
  fr: 'Brièvement indisponible pour cause de maintenance programmée. Veuillez revenir dans une minute.',
  es: 'No disponible por mantenimiento programado. Vuelve a comprobar el sitio en unos minutos.',
  pt: 'Brevemente indisponível para manutenção programada. Verifique novamente em um minuto.',
  ja: '現在メンテナンス中のため、しばらくの間ご利用いただけません。',
};

const CRITICAL = {
  en: 'There has been a critical error on this website.',
  de: 'Auf dieser Website ist ein kritischer Fehler aufgetreten.',
  fr: 'Il y a eu une erreur critique sur ce site.',
  es: 'Ha habido un error crítico en esta web.',
  pt: 'Ocorreu um erro crítico neste site.',
  ja: 'このサイトで重大なエラーが発生しました。',
};

/** Pages of a plugin or of a db-error.php answer with 200 and carry none of WordPress's own marks. */
const ownPage = (lang: string, text: string) =>
  bare('Harbour Notes', `<div class="box">${heading(text)}<p>${lang}</p></div>`);

const inTheme = (theme: Theme, text: string) =>
  theme({
    title: 'Harbour Notes',
    main: `<div class="page-content"><h2>${text}</h2><p>…</p></div>`,
    bodyClass: 'home',
  });

const HTML_FATAL = `<br />
<b>Fatal error</b>:  Uncaught Error: Call to undefined function get_field() in /var/www/html/wp-content/themes/harbour/single.php:31
Stack trace:
#0 /var/www/html/wp-includes/template-loader.php(106): include()
#1 {main}
  thrown in <b>/var/www/html/wp-content/themes/harbour/single.php</b> on line <b>31</b><br />
`;
const HTML_PARSE = `<br />
<b>Parse error</b>:  syntax error, unexpected token &quot;}&quot; in <b>/var/www/html/wp-config.php</b> on line <b>92</b><br />
`;
const XDEBUG = `<br /><font size='1'><table class='xdebug-error xe-fatal-error' dir='ltr' border='1'><tr><th colspan="5">( ! ) Fatal error: Allowed memory size of 134217728 bytes exhausted</th></tr></table></font>`;
const LONG =
  '<p>The harbour lies still at six in the morning, and the first boats come in with the tide before it turns.</p>'.repeat(
    30,
  );
const whole = landmarks({ title: 'The harbour', main: post('The harbour', LONG) });
const cut = whole.slice(0, whole.indexOf('</article>') - 900);

const passwordForm = `<form action="/wp-login.php?action=postpass" class="post-password-form" method="post"><p>To view this protected post, enter the password below:</p><p><label>Password: <input name="post_password" type="password" size="20"></label> <input type="submit" name="Submit" value="Enter"></p></form>`;
const loginForm = `<form name="loginform" id="loginform" action="/wp-login.php" method="post"><p><label for="user_login">Username or Email Address</label><input type="text" name="log" id="user_login" value=""></p><p><label>Password</label><input type="password" name="pwd"></p><p><input type="checkbox" name="rememberme"> Remember Me</p><p><input type="submit" value="Log In"></p></form><p id="nav"><a href="/wp-login.php?action=lostpassword">Lost your password?</a></p>`;

export const badWordpress: readonly BadPage[] = [
  ...Object.entries(DATABASE).map(([lang, text]) =>
    bad(`WordPress, no database, ${lang}`, die('Database Error', heading(text))),
  ),
  ...Object.entries(DATABASE).map(([lang, text]) => bad(`a db-error.php, ${lang}`, ownPage(lang, text))),
  ...Object.entries(MAINTENANCE).map(([lang, text]) =>
    bad(`WordPress, maintenance, ${lang}`, die('Maintenance', heading(text))),
  ),
  ...Object.entries(MAINTENANCE).map(([lang, text]) =>
    bad(`a maintenance page in the theme, ${lang}`, inTheme(landmarks, text)),
  ),
  ...Object.entries(CRITICAL).map(([lang, text]) =>
    bad(`WordPress, critical error, ${lang}`, die('WordPress › Error', `<p>${text}</p>`)),
  ),
  ...Object.entries(CRITICAL).map(([lang, text]) =>
    bad(`a critical error in an old theme, ${lang}`, inTheme(divs, text)),
  ),
  bad(
    'WordPress, no database, in entities',
    ownPage('fr', 'Erreur lors de la connexion &agrave; la base de donn&eacute;es'),
  ),
  bad(
    'WordPress, not allowed',
    die('WordPress › Error', '<p>Sorry, you are not allowed to access this page.</p>'),
    'private',
  ),
  bad(
    'WordPress, installation',
    bare(
      'WordPress › Installation',
      '<h1>Welcome</h1><p>Welcome to the famous five-minute WordPress installation process!</p>',
      '<body class="wp-core-ui">',
    ),
  ),
  bad(
    'WordPress, setup',
    bare(
      'WordPress › Setup Configuration File',
      '<p>Welcome to WordPress. Before getting started, you will need to know the following items before proceeding.</p>',
      '<body class="wp-core-ui">',
    ),
  ),
  bad('PHP fatal at the very top', `${HTML_FATAL}${whole}`),
  bad('PHP fatal in the middle of a page that ends', whole.replace('</article>', `${HTML_FATAL}</article>`)),
  bad('PHP fatal in the sidebar', whole.replace('</aside>', `${HTML_FATAL}</aside>`)),
  bad('PHP fatal where the page breaks off', `${cut}${HTML_FATAL}`),
  bad('PHP parse error and nothing else', `${HTML_PARSE}${' '.repeat(600)}</body></html>`),
  bad(
    'PHP fatal without markup before the page',
    `PHP Fatal error:  Uncaught TypeError: count(): Argument #1 must be of type Countable in /srv/www/index.php:12\n${whole}`,
  ),
  bad(
    'PHP fatal without markup after the page',
    `${whole}\nFatal error: Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/www/wp-includes/wp-db.php on line 2187\n`,
  ),
  bad('PHP fatal by Xdebug', whole.replace('</article>', `${XDEBUG}</article>`)),
  bad(
    'PHP warning of a lost database',
    whole.replace(
      '<main',
      `<br />\n<b>Warning</b>:  mysqli_real_connect(): (HY000/2002): Connection refused in <b>/srv/www/wp-includes/class-wpdb.php</b> on line <b>1789</b><br />\n<main`,
    ),
  ),
  bad(
    "half a page and WordPress's error page",
    `${cut}${die('WordPress › Error', '<p>There has been a critical error on this website.</p>')}`,
  ),
  bad(
    "half a script and WordPress's error page",
    `${whole.slice(0, whole.indexOf('window._wp') + 40)}${die('WordPress › Error', '<p>There has been a critical error on this website.</p>')}`,
  ),
  bad('a page cut in its text', cut, 'unclosed'),
  bad('a page cut in a script that writes one', `${cut}<script>document.write("<p></p></body></html>");`, 'unclosed'),
  bad('a page cut in a comment', `${cut}<!-- </html> `, 'unclosed'),
  bad('an empty page', '', 'small'),
  bad('a blank line', '\n\n', 'small'),
  bad('an empty document', '<html><head></head><body></body></html>', 'small'),
  bad(
    'a post under a password',
    landmarks({
      title: 'Protected: Plans',
      main: post('Protected: Plans', passwordForm),
      bodyClass: 'single single-post postid-9',
    }),
    'private',
  ),
  bad(
    'a post under a password in an old theme',
    divs({ title: 'Protected: Plans', main: `<h2>Protected: Plans</h2>${passwordForm}` }),
    'private',
  ),
  bad(
    'WordPress, login',
    bare(
      'Log In ‹ Harbour Notes — WordPress',
      `<div id="login"><h1>Powered by WordPress</h1>${loginForm}</div>`,
      '<body class="login login-action-login wp-core-ui locale-en-us">',
    ),
    'private',
  ),
  bad(
    'a login in the theme',
    landmarks({ title: 'Members', main: `<h1>Members only</h1>${loginForm}`, sidebar: LOGIN_WIDGET }),
    'private',
  ),
  bad(
    'a login in German',
    divs({
      title: 'Anmelden',
      main: `<h2>Anmelden</h2><p>Bitte geben Sie Ihre Zugangsdaten ein. Neu hier? Fragen Sie den Vorstand.</p>${loginForm}`,
      lang: 'de',
    }),
    'private',
  ),
  bad(
    'a page for members',
    landmarks({ title: 'Minutes', main: '<h1>Minutes</h1><p>You must be logged in to view this content.</p>' }),
    'private',
  ),
];
