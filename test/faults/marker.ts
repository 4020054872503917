/** A path that is opened just before the publish begins: the calls after it are the ones that count. */
export const MARKER = '/holdfast-begins-here';
/** More files than Node opens on its main thread in its whole life, which are about 20. */
export const WARM_UP = 60;
