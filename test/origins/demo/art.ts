import { encodePng } from './png.ts';

type Rgb = readonly [number, number, number];

interface Palette {
  readonly sky: readonly [top: Rgb, bottom: Rgb];
  readonly sun: Rgb;
  readonly sea: readonly [far: Rgb, near: Rgb];
  readonly rock: Rgb;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** The hours a picture can show. */
export const LIGHTS = {
  dawn: {
    sky: [
      [58, 76, 118],
      [250, 190, 160],
    ],
    sun: [255, 226, 190],
    sea: [
      [176, 142, 158],
      [38, 58, 92],
    ],
    rock: [24, 30, 50],
  },
  noon: {
    sky: [
      [120, 186, 214],
      [226, 240, 236],
    ],
    sun: [255, 252, 236],
    sea: [
      [128, 194, 200],
      [16, 88, 108],
    ],
    rock: [52, 58, 56],
  },
  dusk: {
    sky: [
      [52, 40, 84],
      [240, 132, 92],
    ],
    sun: [255, 206, 130],
    sea: [
      [188, 100, 96],
      [34, 30, 66],
    ],
    rock: [20, 16, 34],
  },
  night: {
    sky: [
      [10, 16, 36],
      [44, 66, 104],
    ],
    sun: [236, 240, 232],
    sea: [
      [48, 76, 112],
      [8, 18, 38],
    ],
    rock: [4, 8, 18],
  },
  storm: {
    sky: [
      [74, 86, 94],
      [170, 180, 178],
    ],
    sun: [206, 212, 208],
    sea: [
      [126, 146, 148],
      [30, 52, 60],
    ],
    rock: [26, 32, 36],
  },
} as const satisfies Record<string, Palette>;

export type Light = keyof typeof LIGHTS;

/** Bands of water between the horizon and the viewer. */
const BANDS = 6;
/** The glow around the sun comes in rings, which look like a print and compress well. */
const GLOW_STEPS = 16;
const GLOW_PER_RADIUS = 4;
const GLOW_STRENGTH = 0.7;

/** A seascape, the same for the same seed, light and size. */
export function seascape(seed: number, light: Light, { width, height }: { width: number; height: number }): Buffer {
  const palette = LIGHTS[light];
  const random = randomFrom(seed);
  const canvas: Canvas = { width, height, pixels: new Uint8Array(width * height * 3) };
  const horizon = 0.36 + random() * 0.12;
  paintSky(canvas, palette, {
    x: 0.15 + random() * 0.7,
    y: horizon - 0.04 - random() * 0.16,
    r: 0.05 + random() * 0.03,
  });
  for (let band = 0; band < BANDS; band += 1) {
    const depth = band / (BANDS - 1);
    const top = horizon + (1 - horizon) * 0.86 * depth ** 1.5;
    const crest = waves(random, { level: top, swell: 0.004 + 0.02 * depth, count: 3 + 6 * (1 - depth) });
    paintBelow(canvas, crest, mix(palette.sea[0], palette.sea[1], depth));
  }
  for (const side of [0, 1]) paintBelow(canvas, rocks(random, side), palette.rock);
  return encodePng(width, height, canvas.pixels);
}

/** Numbers in [0, 1), always the same for one seed (a 32-bit mixing of a counter). */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function paintSky({ pixels, width, height }: Canvas, palette: Palette, sun: { x: number; y: number; r: number }): void {
  const glow = Array.from({ length: GLOW_STEPS }, (_, step) => (1 - step / GLOW_STEPS) ** 2 * GLOW_STRENGTH);
  for (let y = 0; y < height; y += 1) {
    const sky = mix(palette.sky[0], palette.sky[1], Math.min(1, (y / height) * 2.2));
    const tints = glow.map((share) => mix(sky, palette.sun, share));
    const dy = y / height - sun.y;
    for (let x = 0; x < width; x += 1) {
      const dx = (x / width - sun.x) * (width / height);
      const far = Math.sqrt(dx * dx + dy * dy) / sun.r;
      const colour = far < 1 ? palette.sun : (tints[Math.floor((far - 1) * GLOW_PER_RADIUS)] ?? sky);
      fill(pixels, (y * width + x) * 3, colour);
    }
  }
}

/** Fills each column from the edge down; the edge's own pixel is covered in part, so that it looks smooth. */
function paintBelow({ pixels, width, height }: Canvas, edge: (x: number) => number, colour: Rgb): void {
  for (let x = 0; x < width; x += 1) {
    const top = edge(x / width) * height;
    const first = Math.max(0, Math.floor(top));
    if (first < height) blend(pixels, (first * width + x) * 3, { colour, cover: 1 - (top - first) });
    for (let y = first + 1; y < height; y += 1) fill(pixels, (y * width + x) * 3, colour);
  }
}

function waves(
  random: () => number,
  { level, swell, count }: { level: number; swell: number; count: number },
): (x: number) => number {
  const [a, b, c] = [random() * 7, random() * 7, random() * 7];
  return (x) => {
    const long = Math.sin(x * count + a) + 0.5 * Math.sin(x * count * 2.3 + b);
    return level + swell * (long + 0.22 * Math.sin(x * count * 6.1 + c));
  };
}

function rocks(random: () => number, side: number): (x: number) => number {
  const [reach, rise] = [0.18 + random() * 0.3, 0.1 + random() * 0.22];
  const jag = waves(random, { level: 0, swell: 0.012, count: 26 });
  return (x) => {
    const inward = (side === 0 ? x : 1 - x) / reach;
    return inward >= 1 ? 2 : 1 - rise * Math.sqrt(1 - inward) + jag(x);
  };
}

function fill(pixels: Uint8Array, at: number, colour: Rgb): void {
  pixels[at] = colour[0];
  pixels[at + 1] = colour[1];
  pixels[at + 2] = colour[2];
}

function blend(pixels: Uint8Array, at: number, { colour, cover }: { colour: Rgb; cover: number }): void {
  const under: Rgb = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
  fill(pixels, at, mix(under, colour, cover));
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const part = (k: 0 | 1 | 2) => a[k] + (b[k] - a[k]) * share;
  return [part(0), part(1), part(2)];
}
