import { hasArticleMarks } from './article.ts';
import type { Page } from './page.ts';

/** Own letters under which a page with a password field in its midst is a login; its labels and links included. */
const LOGIN_LETTERS = 300;
/** The same where the title or a heading says so. */
const TITLED_LOGIN_LETTERS = 750;
/** A protected post shows its form, its title and perhaps what is around it. */
const PROTECTED_LETTERS = 2500;

const LOGIN_TITLE =
  /\b(?:log[ -]?in|sign[ -]?in|log[ -]?on|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesion|acceder|identificarse|entrar|iniciar sessao|accedi|accesso|inloggen|aanmelden|zaloguj|logowanie|logga in|giris)\b|ログイン|вход|войти|登录/;
/** WordPress says what kind of page it is in the classes of its body. */
const SINGLE = /^(?:single|single-[\w-]+|page-id-\d+|postid-\d+|attachment)$/;
const LIST = /^(?:blog|archive|search|category|tag|author|date)$/;

/** How the page asks for a password, in words; undefined for one that does not, or only at its edge. */
export function passwordAsked(page: Page): string | undefined {
  if (page.passwords.length === 0) return undefined;
  if (page.hasPostPassword && isProtected(page)) return 'is a post under a password';
  if (!page.passwords.includes('own')) return undefined;
  if (page.bodies.some(({ classes }) => classes.includes('login'))) return "is WordPress's login";
  const limit = isTitledLogin(page) ? TITLED_LOGIN_LETTERS : LOGIN_LETTERS;
  return page.letters < limit && !hasArticleMarks(page.source)
    ? 'is a form with a password and little else'
    : undefined;
}

/** A list of posts may hold the form of one of them; then the list is no secret. */
function isProtected(page: Page): boolean {
  const classes = page.bodies.flatMap((body) => body.classes);
  if (classes.some((name) => SINGLE.test(name))) return page.letters < PROTECTED_LETTERS;
  return page.letters < (classes.some((name) => LIST.test(name)) ? LOGIN_LETTERS : TITLED_LOGIN_LETTERS);
}

function isTitledLogin(page: Page): boolean {
  return [page.title(), ...page.headings()].some((heading) => LOGIN_TITLE.test(heading));
}
