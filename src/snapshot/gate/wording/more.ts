import type { Wording } from './wording.ts';

/** The most common of them in Italian, Dutch, Polish, Russian, Chinese, Turkish and Swedish. */
export const more: Wording = {
  database: `
    errore nello stabilire una connessione al database
    errore di connessione al database
    impossibile connettersi al database
    fout bij het maken van een verbinding met de database
    kan geen verbinding maken met de database
    błąd podczas łączenia z bazą danych
    błąd połączenia z bazą danych
    ошибка установки соединения с базой данных
    ошибка подключения к базе данных
    建立数据库连接时出错
    数据库连接错误
    veritabanı bağlantısı kurulurken bir hata
    fel vid upprättande av databasanslutning`,
  program: `
    si è verificato un errore critico
    errore interno del server
    er heeft zich een kritieke fout voorgedaan
    er is een kritieke fout opgetreden
    na stronie wystąpił krytyczny błąd
    wystąpił błąd krytyczny
    на сайте возникла критическая ошибка
    此站点遇到了致命错误`,
  maintenance: `
    sito in manutenzione
    sito è in manutenzione
    sito è attualmente in manutenzione
    non disponibile per manutenzione
    = torneremo presto
    = torniamo subito
    = in manutenzione
    tijdelijk niet beschikbaar wegens onderhoud
    niet beschikbaar wegens gepland onderhoud
    website is in onderhoud
    site is in onderhoud
    = we zijn zo terug
    = we zijn snel weer terug
    = onderhoudsmodus
    strona w trakcie konserwacji
    trwają prace konserwacyjne
    strona chwilowo niedostępna
    = przerwa techniczna
    на сайте ведутся технические работы
    сайт временно недоступен
    сайт на техническом обслуживании
    = технические работы
    网站维护中
    网站正在维护
    bakım çalışması nedeniyle
    sitemiz bakımda`,
  gateway: `
    servizio non disponibile
    servizio temporaneamente non disponibile
    service niet beschikbaar
    usługa niedostępna
    сервис временно недоступен
    сервер временно недоступен
    服务暂时不可用`,
  denied: `
    = accesso negato
    = toegang geweigerd`,
};
