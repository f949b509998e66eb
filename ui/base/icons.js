// Small drawings of our own, in the colour of the text around them.

const SVG = 'http://www.w3.org/2000/svg';

const BELL = 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21.5h4';
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  bell: BELL,
  'bell-off': `${BELL}M4 4l16 16`,
  send: 'M12 19V5M6 11l6-6 6 6',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M13 7a3 3 0 1 0 6 0 3 3 0 1 0-6 0M5 17a3 3 0 1 0 6 0 3 3 0 1 0-6 0',
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return drawing(PATHS[name]);
}

/** @param {string} lines as in the `d` of a path, on a sheet of 24 by 24 */
export function drawing(lines) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', lines);
  svg.append(path);
  return svg;
}
