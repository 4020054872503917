import type { Wording } from './wording.ts';

/** The same in German. */
export const german: Wording = {
  database: `
    Fehler beim Aufbau einer Datenbankverbindung
    Datenbankfehler
    Verbindung zur Datenbank fehlgeschlagen
    keine Verbindung zur Datenbank
    Verbindung zur Datenbank konnte nicht hergestellt werden
    zu viele Verbindungen`,
  program: `
    auf dieser Website ist ein kritischer Fehler aufgetreten
    es gab einen kritischen Fehler auf deiner Website
    es gab einen kritischen Fehler auf dieser Website
    interner Serverfehler
    interner Server-Fehler`,
  maintenance: `
    wegen Wartungsarbeiten ist diese Website
    wegen Wartungsarbeiten nicht
    wegen Wartungsarbeiten vorübergehend
    wegen Wartungsarbeiten kurzzeitig
    befindet sich im Wartungsmodus
    Website wird gerade gewartet
    Seite wird gerade gewartet
    Website wird derzeit gewartet
    wir führen gerade Wartungsarbeiten
    wir führen derzeit Wartungsarbeiten
    führen aktuell Wartungsarbeiten
    Website ist vorübergehend nicht erreichbar
    Website ist derzeit nicht erreichbar
    Seite ist vorübergehend nicht erreichbar
    Seite ist derzeit nicht erreichbar
    = wir sind bald zurück
    = wir sind gleich zurück
    = wir sind in Kürze zurück
    = wir sind in Kürze wieder
    = wir sind bald wieder
    = wir sind gleich wieder
    Website befindet sich im Aufbau
    = Wartungsmodus`,
  gateway: `
    Dienst nicht verfügbar
    Dienst vorübergehend nicht verfügbar
    Dienst derzeit nicht verfügbar`,
  denied: `
    = Zugriff verweigert
    = Zugriff verboten
    keine Berechtigung, auf diese Seite zuzugreifen`,
  login: `
    bitte melden Sie sich an, um
    bitte melde dich an, um
    Sie müssen angemeldet sein, um diese
    du musst angemeldet sein, um diese
    dieser Inhalt ist passwortgeschützt
    dieser Beitrag ist passwortgeschützt`,
};
