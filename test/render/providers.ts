import type { z } from 'zod';
import type { analytics } from '../../src/config/analytics.ts';

type Entry = NonNullable<z.input<typeof analytics>>[number];

/** What is held of one provider. */
export interface Provider {
  readonly config: Entry;
  /** The same provider, for another site; nothing where it knows of none. */
  readonly other?: Entry;
  /** Elements of the snippet in their order, with the names of their attributes, by where they go. */
  readonly head: string;
  readonly body: string;
  /** An attribute that the first element of the snippet has on a holding page, or on all that is no page of the site, in its place. */
  readonly beyondPages?: { readonly on: 'holding' | 'all'; readonly attribute: string };
  /** What tells a holding page `busy` from a page, in the snippet. */
  readonly tells: string;
  readonly csp: { script: string[]; img: string[]; connect: string[]; inline: boolean };
  /** As sites have it in their pages: found, and nothing is put in. */
  readonly there: readonly string[];
  /** Looks alike and counts nothing, or for somebody else. */
  readonly absent: readonly string[];
}

const UUID = '94db1cb1-74f4-4a40-ad6c-962362670409';
const MATOMO = 'https://stats.example.net/matomo';
const loaderOf = (u: string, id: string): string =>
  `<script>var _paq = window._paq = window._paq || [];\n/* "setCustomDimension" goes before "trackPageView" */\n_paq.push(['trackPageView']);\n(function() {\n  var u="${u}";\n  _paq.push(['setTrackerUrl', u+'matomo.php']);\n  _paq.push(['setSiteId', ${id}]);\n  var d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0];\n  g.async=true; g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s);\n})();</script>`;
const gtag = (id: string): string =>
  `<script async src="https://www.googletagmanager.com/gtag/js?id=${id}"></script><script>window.dataLayer = window.dataLayer || [];\nfunction gtag(){dataLayer.push(arguments);}\ngtag('js', new Date());\ngtag('config', '${id}');</script>`;

/** One entry a provider. */
export const PROVIDERS: readonly Provider[] = [
  {
    config: { use: 'plausible', domain: 'example.org' },
    other: { use: 'plausible', domain: 'sub.example.org' },
    head: 'script[defer data-domain event-kind src]',
    body: '',
    beyondPages: { on: 'holding', attribute: 'event-holding' },
    tells: 'event-kind="holding" event-holding="busy"',
    csp: { script: ['https://plausible.io'], img: [], connect: ['https://plausible.io'], inline: false },
    there: [
      '<script defer data-domain="example.org" src="https://plausible.io/js/script.js"></script>',
      "<script async data-domain='EXAMPLE.org' src=/stats/js/script.outbound-links.js></script>",
      '<script data-domain="other.org, example.org" src="x.js"></script>',
      `<script>var s=document.createElement('script');s.setAttribute('data-domain','example.org');s.src='/js/x.js'</script>`,
    ],
    absent: [
      '<script data-domain="sub.example.org" src="https://plausible.io/js/script.js"></script>',
      '<script src="https://plausible.io/js/script.js"></script>',
      '<!-- <script data-domain="example.org" src="x.js"></script> -->',
    ],
  },
  {
    config: { use: 'pixel' },
    head: '',
    body: 'img[src alt width height hidden]',
    tells: 'kind=holding&amp;path=%2F_holdfast%2Fholding%2Fbusy.html&amp;name=busy',
    csp: { script: [], img: ["'self'"], connect: [], inline: false },
    there: [
      '<img src="/_holdfast/pixel.gif?kind=page&amp;path=%2F">',
      '<noscript><img src=https://www.example.org/_holdfast/pixel.gif></noscript>',
    ],
    absent: ['<img src="/x/_holdfast/pixel.gif">', '<img data-src="/_holdfast/pixel.gif">'],
  },
  {
    config: { use: 'matomo', url: MATOMO, site: 7, dimension: 2 },
    other: { use: 'matomo', url: MATOMO, site: 17, dimension: 2 },
    head: 'script[]',
    body: 'noscript[] img[referrerpolicy src alt width height hidden]',
    tells: 't.setCustomDimension(2,"holding/busy")',
    csp: {
      script: ['https://stats.example.net'],
      img: ['https://stats.example.net'],
      connect: ['https://stats.example.net'],
      inline: true,
    },
    there: [
      loaderOf('https://stats.example.net/matomo/', "'7'"),
      loaderOf('//STATS.example.net/matomo/', '"7"'),
      loaderOf('https:\\/\\/stats.example.net\\/matomo\\/', '7'),
      loaderOf('/matomo/', "'7'"),
      `<script type="text/plain" data-consent="stats">var _paq=[];_paq.push(["setSiteId","7"],["trackPageView"])</script>`,
      `<script>_paq.push(['addTracker', 'https://stats.example.net/matomo/matomo.php', 7]);</script>`,
      `<script>var t=Piwik.getTracker("//stats.example.net/matomo/piwik.php", 7);t.trackPageView()</script>`,
      `<script>t.setTrackerUrl("//stats.example.net/x");t.setSiteId(7)</script>`,
    ],
    absent: [
      loaderOf('https://other.example.net/', "'7'"),
      loaderOf('https://stats.example.net/matomo/', "'77'"),
      `<script>// _paq.push(['setSiteId', '7']);\n/* _paq.push(['setSiteId', '7']) */</script>`,
      '<script src="https://stats.example.net/matomo/matomo.js?7"></script>',
      `<script>say("it's // no comment"); ['setSiteId', 'x7']</script>`,
    ],
  },
  {
    config: { use: 'goatcounter', url: 'https://example.goatcounter.com' },
    other: { use: 'goatcounter', url: 'https://other.goatcounter.com' },
    head: 'script[async data-goatcounter src]',
    body: 'noscript[] img[src alt width height hidden]',
    beyondPages: { on: 'all', attribute: 'data-goatcounter-settings' },
    tells: '/count?p=%2F_holdfast%2Fholding%2Fbusy"',
    csp: {
      script: ['https://gc.zgo.at'],
      img: ['https://example.goatcounter.com'],
      connect: ['https://example.goatcounter.com'],
      inline: false,
    },
    there: [
      '<script data-goatcounter="https://example.goatcounter.com/count" async src="//gc.zgo.at/count.js"></script>',
      "<script src=/count.js data-goatcounter='//Example.GoatCounter.com/count' defer></script>",
      '<script data-goatcounter="https://example.goatcounter.com/count">(function(){/* count.js */})()</script>',
      `<script>window.goatcounter = {endpoint: 'https://example.goatcounter.com/count'}</script>`,
      '<script>var s=document.createElement("script");s.dataset.goatcounter="https:\\/\\/example.goatcounter.com\\/count";</script>',
    ],
    absent: [
      '<script data-goatcounter="https://other.goatcounter.com/count" async src="//gc.zgo.at/count.js"></script>',
      '<script async src="//gc.zgo.at/count.js"></script>',
      '<a href="https://example.goatcounter.com/count">goatcounter</a>',
      `<script>fetch('https://example.goatcounter.com/counter/x.json') // goatcounter</script>`,
    ],
  },
  {
    config: { use: 'umami', website: UUID },
    other: { use: 'umami', website: UUID.replace('9', '8') },
    head: 'script[defer data-website-id data-tag src]',
    body: '',
    tells: 'data-tag="holding/busy"',
    csp: {
      script: ['https://cloud.umami.is'],
      img: [],
      connect: ['https://gateway.umami.is', 'https://api-gateway.umami.dev'],
      inline: false,
    },
    there: [
      `<script defer src="https://cloud.umami.is/script.js" data-website-id="${UUID}"></script>`,
      `<script data-website-id='${UUID.toUpperCase()}' async src=//umami.example.net/u.js></script>`,
      `<script>(function(){var el=document.createElement('script');el.setAttribute('data-website-id','${UUID}');el.src='/u.js';document.body.appendChild(el)})()</script>`,
    ],
    absent: [
      `<script defer src="https://cloud.umami.is/script.js" data-website-id="${UUID.replace('9', '8')}"></script>`,
      `<div data-website-id="${UUID}"></div>`,
      `<script>window.settings={websiteId:'${UUID}'}</script>`,
    ],
  },
  {
    config: { use: 'ga4', id: 'G-ABC123XYZ9' },
    other: { use: 'ga4', id: 'G-ABC123XYZ90' },
    head: 'script[async src] script[]',
    body: '',
    tells: '{"kind":"holding","holding":"busy"}',
    csp: {
      script: ['https://www.googletagmanager.com'],
      img: ['https://*.google-analytics.com', 'https://*.googletagmanager.com'],
      connect: ['https://*.google-analytics.com', 'https://*.googletagmanager.com', 'https://*.analytics.google.com'],
      inline: true,
    },
    there: [
      gtag('G-ABC123XYZ9'),
      '<script>gtag("js",new Date),gtag("config","G-ABC123XYZ9",{"anonymize_ip":true})</script>',
      "<script type='module'>__gtagTracker( 'config' , 'g-abc123xyz9' );</script>",
      '<script async src="//www.googletagmanager.com/gtag/js?id=AW-1"></script><script>gtag("config","AW-1");gtag("config","G-ABC123XYZ9")</script>',
    ],
    absent: [
      gtag('G-OTHER12345'),
      '<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123XYZ9"></script>',
      `<script>\n  // gtag('config', 'G-ABC123XYZ9');\n</script>`,
      `<script>gtag('event', 'x', {'send_to': 'G-ABC123XYZ9'})</script>`,
    ],
  },
  {
    config: {
      use: 'custom',
      name: 'counter',
      head: '<script data-kind="{{kind}}">count("UA-1","{{holding}}")</script>',
      body: '<noscript><img src="https://count.example.net/c?p={{path}}&amp;h={{holding}}" alt=""></noscript>',
      marker: 'count("UA-1"',
      origins: ['https://count.example.net'],
    },
    other: { use: 'custom', head: '<script>count("UA-2")</script>', marker: 'count("UA-2"' },
    head: 'script[data-kind]',
    body: 'noscript[] img[src alt]',
    tells: 'count("UA-1","busy")',
    csp: {
      script: ['https://count.example.net'],
      img: ['https://count.example.net'],
      connect: ['https://count.example.net'],
      inline: true,
    },
    there: ['<script>x();count("UA-1")</script>', `<script data-x='count("UA-1"' src="x.js"></script>`],
    absent: ['<script>count("UA-2")</script>', '<p>count("UA-1")</p>', '<!-- <script>count("UA-1")</script> -->'],
  },
];
