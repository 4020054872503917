import { paragraphs, pasted, quoted, TOPICS } from './articles.ts';
import { COMMENTS, divs, LOGIN_WIDGET, landmarks, NEWSLETTER, post, SEARCH_FORM, type Theme, tables } from './theme.ts';

/** A page that must pass. */
export interface GoodPage {
  readonly name: string;
  readonly html: string;
}

const THEMES: Readonly<Record<string, Theme>> = { landmarks, divs, tables };

/** Each article at several lengths in several themes, with what such articles carry. */
const articles: readonly GoodPage[] = TOPICS.flatMap((topic) => {
  const { title } = topic;
  return [
    {
      name: 'long, quoting the message as code',
      html: landmarks({ title, main: post(title, paragraphs(topic, 14) + quoted(topic)) }),
    },
    {
      name: 'long, pasting the message',
      html: divs({ title, main: post(title, pasted(topic) + paragraphs(topic, 14), COMMENTS) }),
    },
    {
      name: 'long, undated, in tables',
      html: tables({ title, main: `<H1>${title}</H1>${paragraphs(topic, 12)}${quoted(topic)}` }),
    },
    {
      name: 'short, dated',
      html: landmarks({ title, main: post(title, paragraphs(topic, 2)), bodyClass: 'single single-post postid-7' }),
    },
    {
      name: 'short, with comments and a login at its side',
      html: divs({ title, main: post(title, paragraphs(topic, 3), COMMENTS), sidebar: LOGIN_WIDGET }),
    },
    {
      name: 'a short page of a help centre',
      html: landmarks({ title, main: `<h1>${title}</h1>${paragraphs(topic, 4)}` }),
    },
    {
      name: 'an undated page',
      html: divs({ title, main: `<h1>${title}</h1>${paragraphs(topic, 10)}${quoted(topic)}`, sidebar: LOGIN_WIDGET }),
    },
  ].map((page) => ({ ...page, name: `${title}: ${page.name}` }));
});

const topic = (index: number) => TOPICS[index % TOPICS.length] ?? { title: '', message: '', sentences: [] };

const thread = (title: string, posts: readonly string[]) =>
  divs({
    title,
    main: `<h2 class="topic-title">${title}</h2>${posts.map((text) => `<div class="postbody"><p class="author">by <strong>Ann</strong> » Mon Mar 01, 2027</p><div class="content">${text}</div></div>`).join('')}`,
    sidebar:
      '<form method="post" action="./ucp.php?mode=login" class="headerspace"><h3>Login</h3><fieldset class="quick-login"><input name="username"><input type="password" name="password"></fieldset></form>',
  });

const forum: readonly GoodPage[] = [
  thread('Error establishing a database connection', [
    'Since an hour. Anybody else?',
    'Same here.',
    'Back again. It was the host.',
  ]),
  thread('503 Service Unavailable', ['I get it on every second page.', 'Your host is over its limit. Ask them.']),
  thread('Too many connections', ['What should max_connections be?', 'Count your workers first.']),
  thread('We will be back soon?', ['It says so for three days now. Should I be worried?', 'No.']),
].map((html, index) => ({ name: `a forum thread ${index + 1}`, html }));

/** Plain pages of plain sites, whose words a careless list would take for trouble. */
const PLAIN: readonly (readonly [name: string, title: string, main: string, sidebar?: string])[] = [
  [
    'a shop, sold out',
    'Oak chair',
    '<h1>Oak chair</h1><p>This product is currently unavailable. Leave your address and we write when it is back.</p><form><input type="email" name="email" value=""></form>',
  ],
  [
    'a pool',
    'Opening hours',
    '<h1>Opening hours</h1><p>The small pool is closed for maintenance until Friday. The large one is open from seven to nine.</p>',
  ],
  [
    'a lift',
    'El ascensor',
    '<h1>El ascensor</h1><p>El ascensor de la calle Mayor está en mantenimiento hasta el lunes.</p>',
  ],
  ['a road', '工事のお知らせ', '<h1>工事のお知らせ</h1><p>市道三号線は三月まで工事中です。ご不便をおかけします。</p>'],
  [
    'a heating firm',
    'Maintenance',
    '<h1>Maintenance</h1><p>We look after your boiler once a year, and come within the day when it is cold.</p>',
  ],
  [
    'a heating firm in Germany',
    'Wartung',
    '<h1>Wartung</h1><p>Wir warten Ihre Heizung einmal im Jahr, auch sonntags, wenn es sein muss.</p>',
  ],
  [
    'a cinema',
    'Coming soon',
    '<h1>Coming soon</h1><ul class="films"><li>The Pilot Boat</li><li>Two Lanterns</li><li>A Night Off</li></ul>',
  ],
  [
    'a restaurant on holiday',
    'Trattoria',
    '<h1>Trattoria</h1><p>We are on holiday until the tenth. We will be back soon, with the new olives!</p>',
  ],
  [
    'a tavern on holiday',
    'Gasthaus',
    '<h1>Gasthaus</h1><p>Betriebsurlaub bis zum zehnten. Wir sind bald zurück, mit neuem Wein.</p>',
  ],
  [
    'a project page',
    'Boat shed',
    '<h1>Boat shed</h1><p>This page is under construction, and so is the shed. Photographs follow in May.</p>',
  ],
  [
    'a poem',
    'Forbidden',
    '<h1>Forbidden</h1><p>I went where the gate was, and the gate went with me, and neither of us was let in.</p>',
  ],
  [
    'a contact page',
    'Contact',
    '<h1>Contact</h1><form action="/contact" method="post"><input name="name" value=""><input type="email" name="email" value=""><textarea name="text"></textarea><button>Send</button></form>',
  ],
  [
    'a page of pictures',
    'Photographs',
    `<h1>Photographs</h1>${'<img src="/p/1.jpg" alt="">'.repeat(40)}`,
    LOGIN_WIDGET,
  ],
  [
    'a page of pictures with a dialog',
    'Drawings',
    `<h1>Drawings</h1>${'<img src="/p/2.jpg" alt="">'.repeat(40)}<div id="login-modal" class="modal"><form><h2>Log in</h2><input type="password" name="p"></form></div>`,
  ],
  [
    'a page with a hidden login',
    'Prints',
    `<h1>Prints</h1><p>Twelve prints, each in an edition of thirty.</p><div style="display: none"><form><input type="password" name="p"></form></div>`,
  ],
  [
    'a status page',
    'System status',
    '<h1>System status</h1><p>All systems are well.</p><ul><li>Web: up</li><li>Mail: up</li></ul><h2>Past</h2><div class="entry-date">1 March</div><p>503 Service Unavailable for four minutes after a restart.</p>',
  ],
  [
    'a search result',
    'Search results for "bad database"',
    `<h1>Search results</h1>${SEARCH_FORM}<p>Nothing found. Try other words.</p>`,
  ],
  ['a newsletter', 'Letters', `<h1>Letters</h1><p>Letters we wrote since the spring.</p>${NEWSLETTER}`, LOGIN_WIDGET],
  [
    'a glossary',
    'Glossary',
    '<h1>Glossary</h1><dl><dt>Login</dt><dd>The way in.</dd><dt>Maintenance</dt><dd>What nobody sees.</dd><dt>Gateway</dt><dd>A door that asks a second door.</dd></dl>',
  ],
  [
    'a course',
    'PHP for poets',
    `<h1>PHP for poets</h1><p>Lesson four: errors. A program that fails says so.</p><pre>Fatal error: Uncaught Error: Call to undefined function rhyme() in /home/ann/poem.php:3\nStack trace:\n#0 {main}\n  thrown in /home/ann/poem.php on line 3</pre><p>Read it from the end.</p>`,
  ],
  [
    'a course with marked-up code',
    'PHP for poets, five',
    '<h1>PHP for poets, five</h1><p>What the browser shows:</p><pre><br /><b>Parse error</b>:  syntax error, unexpected end of file in <b>/home/ann/poem.php</b> on line <b>9</b><br /></pre>',
  ],
  [
    'a page of a host',
    'Suspended accounts',
    '<h1>Suspended accounts</h1><p>We close an account when its bill is open for sixty days, and tell you three times before. Nothing is deleted for a year.</p>',
  ],
  ['an oven', 'Test page for the new oven', '<h1>Test page for the new oven</h1><p>Two loaves, one of them burnt.</p>'],
  ['a summer', 'Harbour | 500: days of summer', '<h1>500 days of summer</h1><p>We counted them.</p>'],
  [
    'a museum',
    'Access',
    '<h1>Access</h1><p>The museum has a lift. Access to the tower is by forty steps. Dogs are welcome in the yard.</p>',
  ],
  [
    'a protected plan',
    'Nature reserve',
    '<h1>Nature reserve</h1><p>This content of the lake is protected: no fishing, no fire, no password needed.</p>',
  ],
];

const plain: readonly GoodPage[] = PLAIN.flatMap(([name, title, main, sidebar = '']) => [
  { name, html: landmarks({ title, main, sidebar }) },
  { name: `${name}, in an old theme`, html: divs({ title, main, sidebar }) },
]);

const lists: readonly GoodPage[] = [0, 3, 6, 9].flatMap((start) => {
  const entries = [0, 1, 2].map((step) => topic(start + step));
  const main = entries
    .map((entry) => post(entry.title, `<p>${entry.sentences[0]}</p><p>${entry.sentences[1]}</p>`))
    .join('');
  const locked =
    '<form action="/wp-login.php?action=postpass" class="post-password-form" method="post"><input name="post_password" type="password"></form>';
  return [
    { name: `the front page of a blog, ${start}`, html: landmarks({ title: 'Journal', main, bodyClass: 'home blog' }) },
    {
      name: `a category with a protected post, ${start}`,
      html: divs({
        title: 'Category: errors',
        main: main + post('Protected: Plans', locked),
        bodyClass: 'archive category',
      }),
    },
  ];
});

const templates: readonly GoodPage[] = [
  {
    name: 'an application with its text as data',
    html: landmarks({
      title: 'Notes',
      main: `<div id="root"><h1>Notes</h1><p>${'A line of a note. '.repeat(60)}</p></div><script type="application/json">{"text":"<b>Fatal error</b>: x in <b>/a.php</b> on line <b>3</b>","page":"<body id=\\"error-page\\">"}</script>`,
    }),
  },
  {
    name: 'a playground',
    html: divs({
      title: 'Playground',
      main: '<h1>Playground</h1><p>Change the text and see what becomes of it.</p><textarea><html><body id="error-page"><h1>Database Error</h1></body></html></textarea>',
    }),
  },
  {
    name: 'a page that ends in remarks',
    html: `${landmarks({ title: 'Notes', main: `<h1>Notes</h1><p>${'A line of a note. '.repeat(30)}</p>` })}\n<!-- Page generated in 0.2 s -->\n<!-- Cached by a plugin -->`,
  },
  {
    name: 'a page with a notice of PHP',
    html: `<br />\n<b>Notice</b>:  Undefined index: x in <b>/srv/www/functions.php</b> on line <b>9</b><br />\n${landmarks({ title: 'Notes', main: '<h1>Notes</h1><p>Three lines.</p>' })}`,
  },
];

/** At least a hundred pages that are no error, many of them about one. */
export const good: readonly GoodPage[] = [...articles, ...forum, ...plain, ...lists, ...templates];

/** The themes by name, for tests that need a page in each. */
export const themes = THEMES;
