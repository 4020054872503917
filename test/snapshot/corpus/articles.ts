/** An article about a failure, in the words of the failure. Its text is told by `sentences`, as long as a test wants it. */
export interface Topic {
  readonly title: string;
  /** The message that it is about, as software writes it. */
  readonly message: string;
  readonly sentences: readonly string[];
}

export const TOPICS: readonly Topic[] = [
  {
    title: 'Error establishing a database connection: what it means and how to fix it',
    message: '<h1>Error establishing a database connection</h1>',
    sentences: [
      'Every WordPress site shows "Error establishing a database connection" sooner or later, and it always comes at night.',
      'First look at wp-config.php: are the name, the user and the password still those of your host?',
      'Then ask the database itself; when it says "Too many connections", the password was never the trouble.',
      'A server that restarts under load will show the page for a minute and then be well again.',
      'We moved the tables to another disk, and the message has not come back since.',
    ],
  },
  {
    title: '502 Bad Gateway',
    message: '<center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.22.1</center>',
    sentences: [
      'The words "502 Bad Gateway" say that nginx is alive and what stands behind it is not.',
      'Look whether php-fpm runs, and whether its socket is where nginx looks for it.',
      'A 504 Gateway Time-out is its slow brother: there is somebody behind the door, who does not come.',
      'With Cloudflare in front you get "Web server is down" for the first and "A timeout occurred" for the second.',
      'Raise the number of children only when there is memory for each of them.',
    ],
  },
  {
    title: 'Briefly unavailable for scheduled maintenance: stuck in maintenance mode',
    message: 'Briefly unavailable for scheduled maintenance. Check back in a minute.',
    sentences: [
      'An update that is broken off leaves a file named .maintenance in the root of the site.',
      'While it is there, each visitor reads "Briefly unavailable for scheduled maintenance. Check back in a minute."',
      'Delete the file by FTP and the site is back; the update has to be done again.',
      'Ten minutes after it was written WordPress ignores the file by itself.',
      'Plugins that put up a "Coming soon" page work in another way and have a switch of their own.',
    ],
  },
  {
    title: 'Fatal error: Allowed memory size exhausted',
    message:
      '<b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in <b>/var/www/html/wp-includes/wp-db.php</b> on line <b>2187</b><br />',
    sentences: [
      'PHP stops with "Fatal error: Allowed memory size of 134217728 bytes exhausted" when a script asks for more than it may have.',
      'The line it names is where the last byte was asked for, which is seldom where the memory went.',
      'Raise memory_limit to see whether it helps; then look for the plugin that loads every post at once.',
      '"Maximum execution time of 30 seconds exceeded" is the same story told in seconds.',
      'On a page that is half there, the message stands where the page stops.',
    ],
  },
  {
    title: 'There has been a critical error on this website – reading the log',
    message: '<div class="wp-die-message"><p>There has been a critical error on this website.</p></div>',
    sentences: [
      'Since version 5.2 WordPress hides a fatal error behind "There has been a critical error on this website."',
      'The message goes to the address of the administrator, with a link that starts the recovery mode.',
      'No letter came? Then set WP_DEBUG_LOG and read wp-content/debug.log after the next attempt.',
      'It often ends in "Uncaught Error: Call to undefined function", with a stack trace that begins at #0.',
      'Rename the folder of the plugin it names, and the site is back.',
    ],
  },
  {
    title: 'SQLSTATE[HY000] [2002] Connection refused in Laravel',
    message: 'SQLSTATE[HY000] [2002] Connection refused (SQL: select * from `users`)',
    sentences: [
      'When Laravel says SQLSTATE[HY000] [2002], nobody listens where DB_HOST points.',
      'In a container the name is that of the service, never localhost.',
      'Visitors see "Server Error" or, in old versions, "Whoops, looks like something went wrong."',
      'Clear the cached configuration after each change, or you will be looking at last week.',
      'MySQL server has gone away is another one: the connection was there, and idled too long.',
    ],
  },
  {
    title: 'How to log in when the login page redirects',
    message: '<form name="loginform"><input type="password" name="pwd"></form>',
    sentences: [
      'You type your name and your password, press Log In, and the login page is back without a word.',
      'Mostly the cookie does not stick: the address in the settings is not the address in the bar.',
      'You must be logged in to view the settings, which is of little help when you cannot.',
      'Ask for a new password once, to be sure that it is not the caps lock.',
      'Then try a private window; if that works, delete the cookies of the site.',
    ],
  },
  {
    title: 'Fehler beim Aufbau einer Datenbankverbindung beheben',
    message: 'Fehler beim Aufbau einer Datenbankverbindung',
    sentences: [
      'Wer statt seiner Website „Fehler beim Aufbau einer Datenbankverbindung“ liest, hat meistens kein verlorenes, nur ein überlastetes Blog.',
      'Zuerst die Zugangsdaten in der wp-config.php prüfen, dann den Server selbst.',
      'Steht im Protokoll „zu viele Verbindungen“, so hilft ein Zwischenspeicher mehr als ein größerer Server.',
      'Während der Arbeiten zeigt ein Wartungsmodus den Besuchern, dass jemand da ist.',
      'Bei uns war es am Ende eine volle Platte, wie so oft.',
    ],
  },
  {
    title: 'Erreur lors de la connexion à la base de données : que faire ?',
    message: 'Erreur lors de la connexion à la base de données',
    sentences: [
      'Le message « Erreur lors de la connexion à la base de données » fait peur, mais rien n’est perdu.',
      'Vérifiez d’abord le fichier wp-config.php, puis demandez à l’hébergeur si le serveur répond.',
      'Un site en maintenance répond autrement, avec un code 503 et une page polie.',
      'Chez nous, une sauvegarde de nuit avait fermé les tables pendant une heure.',
      'Gardez une copie du site : elle se lit même quand la base dort.',
    ],
  },
  {
    title: 'Error al establecer una conexión con la base de datos',
    message: 'Error al establecer una conexión con la base de datos',
    sentences: [
      'Quien lee «Error al establecer una conexión con la base de datos» piensa que lo ha perdido todo.',
      'Casi siempre es la contraseña, o un servidor que no da más de sí.',
      'Mientras se arregla, una página que diga que el sitio está en mantenimiento es mejor que el error.',
      'En nuestro caso eran demasiadas conexiones de un solo programa.',
      'Desde entonces hacemos una copia estática cada minuto.',
    ],
  },
  {
    title: 'データベース接続確立エラーの直し方',
    message: 'データベース接続確立エラー',
    sentences: [
      'ブログを開いたら「データベース接続確立エラー」とだけ表示された、という相談をよく受けます。',
      'まず設定ファイルのデータベース名、ユーザー名、パスワードを確かめてください。',
      'サーバーがメンテナンス中のため一時的につながらないこともあります。',
      'アクセスが集中して接続数の上限に達した場合は、少し待つと元に戻ります。',
      'うちの場合は、夜中のバックアップが原因でした。毎朝同じ時刻に起きるので気がつきました。',
    ],
  },
  {
    title: 'Erro ao estabelecer uma conexão com o banco de dados: guia rápido',
    message: 'Erro ao estabelecer uma conexão com o banco de dados',
    sentences: [
      'A mensagem «Erro ao estabelecer uma conexão com o banco de dados» aparece quando o WordPress não fala com o MySQL.',
      'Confira o utilizador e a senha, depois o endereço do servidor.',
      'Um site em manutenção deve responder 503, para que os buscadores voltem.',
      'No nosso caso havia muitas conexões abertas por um só plugin.',
      'Depois disso passámos a guardar uma cópia estática.',
    ],
  },
];

/** As many paragraphs as asked for, the sentences in turn. */
export function paragraphs({ sentences }: Topic, count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `<p>${sentences[index % sentences.length]} ${sentences[(index + 2) % sentences.length]}</p>`,
  ).join('\n');
}

/** The message as an article shows it: escaped, in a block of code. */
export function quoted({ message }: Topic): string {
  return `<pre><code>${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</code></pre>`;
}

/** The message with its own markup, as an editor pastes it into a quotation. */
export function pasted({ message }: Topic): string {
  return `<blockquote><p>${message}</p></blockquote>`;
}
