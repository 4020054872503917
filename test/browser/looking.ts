// What runs in a page is written as text: the page has neither our types nor our compiler's helpers.

/** WCAG 2.2, success criterion 1.4.3, for text of any size. */
export const CONTRAST = 4.5;

/** Every text that is seen, and its contrast against the nearest painted ground. */
export const TEXTS = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const groundOf = (element) => {
    if (element === null) return [255, 255, 255];
    const colour = channels(getComputedStyle(element).backgroundColor);
    return colour[3] === 0 ? groundOf(element.parentElement) : colour;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node.nodeValue.trim() === '' || node.parentElement.closest('script, noscript, [hidden]')) continue;
    const ink = channels(getComputedStyle(node.parentElement).color);
    const [dark, bright] = [light(ink), light(groundOf(node.parentElement))].sort((one, other) => one - other);
    texts.push({ text: node.nodeValue.trim(), ratio: ink[3] < 1 ? 0 : (bright + 0.05) / (dark + 0.05) });
  }
  return texts;
})()`;

/** Which of the page's links has the focus, whether it is seen, and how thick its ring is. */
export const FOCUS = `(() => {
  const focused = document.activeElement;
  const { left, width, height } = focused.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const place = [...document.querySelectorAll('a[href]')].indexOf(focused);
  return { place, seen: left >= 0 && width > 0 && height > 0, ring: outlineStyle === 'none' ? '0px' : outlineWidth };
})()`;
