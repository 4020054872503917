// What runs in a page is written as text: the page has neither our types nor our compiler's helpers.

/** What every picture of another host looks like: one green pixel, PNG. */
export const PICTURE: Buffer = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Waits until every picture, also those far below and those that scripts put in, and every font is there. */
export const SETTLE = `(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let known = -1;
  while (known !== document.images.length) {
    known = document.images.length;
    for (const image of document.images) image.loading = 'eager';
    await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
    await document.fonts.ready;
    await frame();
    await frame();
  }
})()`;

/** The page as the browser laid it out. */
export const READ = `(() => {
  const boxes = [];
  for (const element of document.body.querySelectorAll('*')) {
    const { x, y, width, height } = element.getBoundingClientRect();
    if (width === 0 && height === 0) continue;
    const { color, backgroundColor, fontFamily, fontSize, fontWeight, opacity, visibility } = getComputedStyle(element);
    const place = [x + scrollX, y + scrollY, width, height].map((length) => length.toFixed(2));
    boxes.push([element.localName, ...place, color, backgroundColor, fontFamily, fontSize, fontWeight, opacity, visibility].join(' '));
  }
  return {
    width: document.documentElement.scrollWidth,
    height: document.documentElement.scrollHeight,
    text: document.body.innerText,
    boxes,
    links: [...document.querySelectorAll('a[href], area[href]')].map((link) => link.getAttribute('href')),
    broken: [...document.images].filter((image) => image.naturalWidth === 0).map((image) => image.src),
  };
})()`;
