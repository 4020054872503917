import type { Wording } from './wording.ts';

/** The same in French. */
export const french: Wording = {
  database: `
    Erreur lors de la connexion à la base de données
    Erreur de connexion à la base de données
    impossible de se connecter à la base de données
    erreur de base de données
    trop de connexions`,
  program: `
    il y a eu une erreur critique sur ce site
    il y a eu une erreur critique sur votre site
    une erreur critique est survenue sur ce site
    erreur interne du serveur`,
  maintenance: `
    brièvement indisponible pour cause de maintenance
    indisponible pour cause de maintenance
    indisponible pour maintenance
    site est actuellement en maintenance
    site est en maintenance
    site est en cours de maintenance
    site en maintenance
    site web est en maintenance
    site est momentanément indisponible
    site est temporairement indisponible
    site est actuellement indisponible
    = nous serons bientôt de retour
    = nous serons de retour
    = nous revenons bientôt
    site est en construction
    = en maintenance
    = maintenance en cours`,
  gateway: `
    service indisponible
    service temporairement indisponible
    service momentanément indisponible`,
  denied: `
    = accès refusé
    = accès interdit`,
  login: `
    vous devez être connecté pour accéder
    vous devez être connecté pour voir
    vous devez vous connecter pour accéder
    veuillez vous connecter pour continuer
    cet article est protégé par un mot de passe
    ce contenu est protégé par un mot de passe`,
};
