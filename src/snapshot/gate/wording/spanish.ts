import type { Wording } from './wording.ts';

/** The same in Spanish. */
export const spanish: Wording = {
  database: `
    Error al establecer una conexión con la base de datos
    Error estableciendo una conexión con la base de datos
    error de conexión a la base de datos
    error de conexión con la base de datos
    no se puede conectar a la base de datos
    no se pudo conectar a la base de datos
    error de base de datos
    demasiadas conexiones`,
  program: `
    ha habido un error crítico en esta web
    ha habido un error crítico en este sitio
    ha habido un error crítico en tu web
    error interno del servidor`,
  maintenance: `
    no disponible por mantenimiento
    no disponible debido a tareas de mantenimiento
    sitio en mantenimiento
    sitio web en mantenimiento
    web en mantenimiento
    sitio está en mantenimiento
    sitio web está en mantenimiento
    página está en mantenimiento
    estamos en mantenimiento
    realizando tareas de mantenimiento
    realizando labores de mantenimiento
    sitio no está disponible temporalmente
    sitio web no está disponible temporalmente
    web temporalmente fuera de servicio
    = volveremos pronto
    = volvemos pronto
    = volveremos en breve
    = estaremos de vuelta
    sitio en construcción
    = en mantenimiento
    = modo mantenimiento
    = modo de mantenimiento`,
  gateway: `
    servicio no disponible
    servicio temporalmente no disponible`,
  denied: `
    = acceso denegado
    = acceso prohibido`,
  login: `
    debes iniciar sesión para ver
    debes iniciar sesión para acceder
    inicia sesión para continuar
    este contenido está protegido por contraseña
    esta entrada está protegida`,
};
