import type { BadPage } from './bad-wordpress.ts';
import { bare, divs, landmarks } from './theme.ts';

type Row = readonly [name: string, title: string, body: string, problem?: BadPage['problem']];

const p = (text: string) => `<p>${text}</p>`;
const h1 = (text: string) => `<h1>${text}</h1>`;
const centre = (text: string, server: string) => `<center><h1>${text}</h1></center><hr><center>${server}</center>`;

const cloudflare = (code: number, what: string): Row => [
  `Cloudflare ${code}`,
  `www.example.org | ${code}: ${what}`,
  `<div id="cf-wrapper"><div id="cf-error-details" class="p-0"><header><h1><span>${what}</span><span>Error code ${code}</span></h1></header>
<section><div>You Browser Working</div><div>Amsterdam Cloudflare Working</div><div>www.example.org Host Error</div></section>
<h2>What happened?</h2><p>The web server reported an error, and as a result the page cannot be shown to you at this time.</p>
<h2>What can I do?</h2><h3>If you are a visitor of this website:</h3><p>Please try again in a few minutes.</p><h3>If you are the owner of this website:</h3>
<p>Look at the error log of your web server, then write to your hosting provider, who can tell whether it is overloaded. More on this error stands in our guide for owners.</p>
<p>Cloudflare Ray ID: 7d1f0a • Your IP: 192.0.2.7 • Performance &amp; security by Cloudflare</p></div></div>`,
];

/** Servers, gateways, frameworks, hosts: pages that come without the site's theme. */
const BARE: readonly Row[] = [
  ['nginx 502', '502 Bad Gateway', centre('502 Bad Gateway', 'nginx/1.22.1')],
  ['nginx 503', '503 Service Temporarily Unavailable', centre('503 Service Temporarily Unavailable', 'nginx')],
  ['nginx 504', '504 Gateway Time-out', centre('504 Gateway Time-out', 'nginx')],
  ['nginx 500', '500 Internal Server Error', centre('500 Internal Server Error', 'nginx')],
  ['nginx 429', '429 Too Many Requests', centre('429 Too Many Requests', 'nginx')],
  ['nginx 403', '403 Forbidden', centre('403 Forbidden', 'nginx'), 'private'],
  [
    'nginx, its 50x.html',
    'Error',
    `${h1('An error occurred.')}${p('Sorry, the page you are looking for is currently unavailable.<br/>Please try again later.')}${p('If you are the system administrator of this resource then you should check the error log for details.')}`,
  ],
  [
    'nginx, no site',
    'Welcome to nginx!',
    `${h1('Welcome to nginx!')}${p('If you see this page, the nginx web server is successfully installed and working. Further configuration is required.')}`,
  ],
  [
    'Apache 503',
    '503 Service Unavailable',
    `${h1('Service Unavailable')}${p('The server is temporarily unable to service your request due to maintenance downtime or capacity problems. Please try again later.')}<hr><address>Apache/2.4.57 (Debian) Server at www.example.org Port 80</address>`,
  ],
  [
    'Apache 500',
    '500 Internal Server Error',
    `${h1('Internal Server Error')}${p('The server encountered an internal error or misconfiguration and was unable to complete your request.')}${p('Please contact the server administrator at webmaster@localhost to inform them of the time this error occurred, and the actions you performed just before this error.')}`,
  ],
  [
    'Apache 502',
    '502 Proxy Error',
    `${h1('Proxy Error')}${p('The proxy server received an invalid response from an upstream server.<br />The proxy server could not handle the request')}${p('Reason: <strong>Error reading from remote server</strong>')}`,
  ],
  [
    'Apache 401',
    '401 Unauthorized',
    `${h1('Unauthorized')}${p('This server could not verify that you are authorized to access the document requested.')}`,
    'private',
  ],
  [
    'Debian, no site',
    'Apache2 Debian Default Page: It works',
    `${h1('It works!')}${p('This is the default welcome page used to test the correct operation of the Apache2 server after installation on Debian systems. '.repeat(20))}`,
  ],
  [
    'an open directory',
    'Index of /',
    `${h1('Index of /')}<pre><a href="?C=N">Name</a> <a href="wp-content/">wp-content/</a> 2027-01-01 <a href="index.php.bak">index.php.bak</a></pre>`,
  ],
  [
    'Varnish',
    '503 Backend fetch failed',
    `${h1('Error 503 Backend fetch failed')}${p('Backend fetch failed')}<h3>Guru Meditation:</h3>${p('XID: 32770')}<hr>${p('Varnish cache server')}`,
  ],
  [
    'HAProxy',
    '503 Service Unavailable',
    `${h1('503 Service Unavailable')}No server is available to handle this request.`,
  ],
  [
    'Squid',
    'ERROR: The requested URL could not be retrieved',
    `${h1('ERROR')}<h2>The requested URL could not be retrieved</h2>${p('Connection to 10.0.0.5 failed. The system returned: (111) Connection refused')}`,
  ],
  [
    'CloudFront',
    'ERROR: The request could not be satisfied',
    `${h1('504 ERROR')}<h2>The request could not be satisfied.</h2>${p('CloudFront attempted to establish a connection with the origin, but either the attempt failed or the origin closed the connection.')}`,
  ],
  ['Envoy', '', p('upstream connect error or disconnect/reset before headers. reset reason: connection failure')],
  [
    'IIS',
    'IIS 10.0 Detailed Error - 500.19 - Internal Server Error',
    `${h1('HTTP Error 500.19 - Internal Server Error')}${p('The requested page cannot be accessed because the related configuration data for the page is invalid. '.repeat(14))}`,
  ],
  [
    'IIS, no site',
    'IIS Windows Server',
    '<div id="container"><a href="http://go.microsoft.com/fwlink/"><img src="iisstart.png" alt="IIS"></a></div>',
  ],
  [
    'ASP.NET',
    "Server Error in '/' Application.",
    `${h1("Server Error in '/' Application.")}<h2>Runtime Error</h2>${p('An exception occurred while processing your request. '.repeat(20))}`,
  ],
  [
    'Tomcat',
    'HTTP Status 500 – Internal Server Error',
    `${h1('HTTP Status 500 – Internal Server Error')}<pre>java.lang.NullPointerException</pre>${p('The server encountered an unexpected condition. '.repeat(20))}`,
  ],
  [
    'Spring',
    '',
    `${h1('Whitelabel Error Page')}${p('This application has no explicit mapping for /error, so you are seeing this as a fallback.')}`,
  ],
  cloudflare(520, 'Web server is returning an unknown error'),
  cloudflare(521, 'Web server is down'),
  cloudflare(522, 'Connection timed out'),
  cloudflare(524, 'A timeout occurred'),
  [
    'Cloudflare, a challenge',
    'Just a moment...',
    '<noscript>Enable JavaScript and cookies to continue</noscript><div id="challenge-error-text">Verify you are human by completing the action below.</div>',
  ],
  [
    'a firewall',
    'Sucuri WebSite Firewall - Access Denied',
    `${h1('Access Denied - Sucuri Website Firewall')}${p('If you are the site owner, please open a ticket.')}`,
  ],
  [
    'Wordfence',
    'Your access to this site has been limited',
    `${h1('Your access to this site has been limited by the site owner')}${p('Your access to this service has been limited. (HTTP response code 503)')}${p('Generated by Wordfence')}`,
  ],
  [
    'Heroku',
    'Application error',
    p(
      'An error occurred in the application and your page could not be served. If you are the application owner, check your logs for details.',
    ),
  ],
  [
    'Rails',
    "We're sorry, but something went wrong (500)",
    `<div class="dialog">${h1("We're sorry, but something went wrong.")}${p('If you are the application owner check the logs for more information.')}</div>`,
  ],
  [
    'Rails, in development',
    'Action Controller: Exception caught',
    `<header><h1>ActiveRecord::ConnectionNotEstablished</h1></header>${p('Extracted source, application trace, framework trace, full trace. '.repeat(20))}`,
  ],
  ['Django', 'Server Error (500)', h1('Server Error (500)')],
  [
    'Django, in development',
    'OperationalError at /blog/',
    `<div id="summary">${h1('OperationalError at /blog/')}<pre>could not connect to server: Connection refused</pre></div>${p('Environment, request method, exception type, exception value, exception location. '.repeat(20))}`,
  ],
  [
    'Laravel',
    'Server Error',
    '<div class="flex"><div class="code">500</div><div class="message">Server Error</div></div>',
  ],
  ['Laravel, old', 'Whoops, looks like something went wrong.', h1('Whoops, looks like something went wrong.')],
  [
    'Symfony',
    'An Error Occurred: Internal Server Error',
    `${h1('Oops! An Error Occurred')}<h2>The server returned a "500 Internal Server Error".</h2>${p('Something is broken. Please let us know what you were doing when this error occurred.')}`,
  ],
  [
    'CodeIgniter',
    'Database Error',
    `<div id="container">${h1('A Database Error Occurred')}${p('Unable to connect to your database server using the provided settings.')}${p('Filename: core/Loader.php')}</div>`,
  ],
  ['Drupal', 'Error | Harbour', p('The website encountered an unexpected error. Please try again later.')],
  [
    'Drupal, maintenance',
    'Site under maintenance | Harbour',
    `<header><h1>Site under maintenance</h1></header><main>${p('Harbour is currently under maintenance. We should be back shortly. Thank you for your patience.')}</main>`,
  ],
  [
    'Joomla, offline',
    'Harbour - Offline',
    `<div id="frame" class="outline">${p('This site is down for maintenance.<br>Please check back again soon.')}<form action="/index.php" method="post" id="form-login"><label>Username</label><input name="username" type="text"><label>Password</label><input type="password" name="password"><input type="submit" value="Log in"></form></div>`,
  ],
  [
    'Joomla, no database',
    'Error: 500',
    `${h1('Error displaying the error page')}${p('Could not connect to MySQL server.')}`,
  ],
  [
    'phpBB, no database',
    'General Error',
    `<div id="page-body"><h1>General Error</h1><div>SQL ERROR [ mysqli ]<br /><br />Too many connections [1040]<br /><br />An sql error occurred while fetching this page.</div></div>`,
  ],
  [
    'phpBB, closed',
    'Information',
    '<div id="page-body"><div class="panel" id="message"><h2>Information</h2><p>Sorry but this board is currently unavailable.</p></div></div>',
  ],
  [
    'Discourse',
    'Oops',
    `${h1('Oops')}${p('The software powering this discussion forum encountered an unexpected problem. We apologize for the inconvenience.')}`,
  ],
  [
    'MediaWiki',
    'MediaWiki error',
    `${h1('Sorry! This site is experiencing technical difficulties.')}${p('Try waiting a few minutes and reloading.')}${p('(Cannot access the database)')}`,
  ],
  [
    'Magento',
    'There has been an error processing your request',
    `<main>${h1('There has been an error processing your request')}${p('Exception printing is disabled by default for security reasons. Error log record number: 6302')}</main>`,
  ],
  [
    'PrestaShop',
    "We'll be back soon.",
    `${h1("We'll be back soon.")}${p('We are currently updating our shop and will be back really soon. Thanks for your patience.')}`,
  ],
  ['TYPO3', 'Oops, an error occurred!', `${h1('Oops, an error occurred!')}${p('Code: 202703011200071a2b')}`],
  [
    'the best-known maintenance page',
    'Site Maintenance',
    `<article>${h1('We&rsquo;ll be back soon!')}<div>${p('Sorry for the inconvenience but we&rsquo;re performing some maintenance at the moment. If you need to you can always <a href="mailto:#">contact us</a>, otherwise we&rsquo;ll be back online shortly!')}${p('&mdash; The Team')}</div></article>`,
  ],
  [
    'a plugin, maintenance',
    'Site is undergoing maintenance',
    '<div class="main-container"><h2 class="heading">Maintenance mode is on</h2><p>Site will be available soon. Thank you for your patience!</p><form class="login-form"><input type="password" name="pwd"></form></div>',
  ],
  [
    'a plugin, construction',
    'Harbour is under construction',
    `${h1("Sorry, we're doing some work on the site")}${p('Thank you for being patient. We are doing some work on the site and will be back shortly.')}`,
  ],
  [
    'a host, suspended',
    'Account Suspended',
    `${h1('Account Suspended')}${p('This Account has been suspended. Contact your hosting provider for more information.')}`,
  ],
  [
    'a host, over its limit',
    '508 Resource Limit Is Reached',
    `${h1('Resource Limit Is Reached')}${p('The website is temporarily unable to service your request as it exceeded resource limit. Please try again later.')}`,
  ],
  [
    'in German',
    'Wartungsmodus',
    `${h1('Wir sind gleich zurück')}${p('Wir führen gerade Wartungsarbeiten durch. Bitte versuchen Sie es in wenigen Minuten erneut.')}`,
  ],
  [
    'in French',
    'Site en maintenance',
    `${h1('Nous revenons bientôt')}${p('Notre site est actuellement en maintenance. Merci de votre patience.')}`,
  ],
  [
    'in Spanish',
    'En mantenimiento',
    `${h1('Volvemos pronto')}${p('Estamos realizando tareas de mantenimiento en nuestra web. Disculpen las molestias.')}`,
  ],
  [
    'in Portuguese',
    'Site em manutenção',
    `${h1('Voltaremos em breve')}${p('Estamos em manutenção para lhe servir melhor.')}`,
  ],
  [
    'in Japanese',
    'メンテナンス中',
    `${h1('ただいまメンテナンス中です')}${p('ご迷惑をおかけしますが、しばらくしてから再度アクセスしてください。')}`,
  ],
  [
    'in Polish',
    'Przerwa techniczna',
    `${h1('Przerwa techniczna')}${p('Trwają prace konserwacyjne. Zapraszamy wkrótce.')}`,
  ],
];

const THEMED = [
  ['Service temporarily unavailable', 'The service is temporarily unavailable. Please try again in a few minutes.'],
  ['Database connection error', 'We could not reach our database. Our people have been told.'],
  ['Internal Server Error', 'Something went wrong on our side.'],
  ['Too many connections', 'The site has too many visitors right now.'],
] as const;

/** What servers, frameworks and hosts answer, and what applications put into their own theme. */
export const badServers: readonly BadPage[] = [
  ...BARE.map(([name, title, body, problem = 'forbidden']) => ({ name, html: bare(title, body), problem })),
  ...THEMED.map(([title, text]) => ({
    name: `in its theme: ${title}`,
    html: landmarks({ title, main: `<h1>${title}</h1><p>${text}</p>` }),
    problem: 'forbidden' as const,
  })),
  ...THEMED.map(([title, text]) => ({
    name: `in an old theme, under another title: ${title}`,
    html: divs({ title: 'Journal', main: `<div class="notice"><h2>Journal</h2><p>${title}. ${text}</p></div>` }),
    problem: 'forbidden' as const,
  })),
];
