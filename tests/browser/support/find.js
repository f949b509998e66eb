// The first element on the screen that has a role and a name, as far as a chat needs it of
// https://www.w3.org/TR/accname-1.2/. A name in slashes is a regular expression.
(role, wanted) => {
  const tags = {
    button: 'button, summary', link: 'a[href]', heading: 'h1, h2, h3, h4', searchbox: 'input[type=search]',
    textbox: 'textarea, input:not([type]), input[type=text], input[type=email], input[type=password]',
    checkbox: 'input[type=checkbox]', radio: 'input[type=radio]', combobox: 'select', listitem: 'li', list: 'ul, ol',
    main: 'main', navigation: 'nav', img: 'img', dialog: 'dialog', separator: 'hr', article: 'article', paragraph: 'p', search: 'search',
    option: 'option', term: 'dt', table: 'table', status: 'output',
  };
  const tidy = (text) => text.replace(/\s+/g, ' ').trim();
  const content = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE) return '';
    const { display } = getComputedStyle(node);
    if (node.getAttribute('aria-hidden') === 'true' || display === 'none') return '';
    const text = node.getAttribute('aria-label') ?? node.getAttribute('alt') ?? [...node.childNodes].map(content).join('');
    return display === 'inline' ? text : ` ${text} `;
  };
  const nameOf = (element) => {
    const ids = element.getAttribute('aria-labelledby')?.split(/\s+/) ?? [];
    const labels = ids.map((id) => document.getElementById(id)).filter(Boolean);
    if (labels.length) return labels.map(content).join(' ');
    const label = element.getAttribute('aria-label') ?? element.getAttribute('alt');
    if (label) return label;
    if (element.labels?.length) return [...element.labels].map(content).join(' ');
    return content(element) || element.title || element.placeholder || '';
  };
  const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
  const matches = (name) => (pattern === undefined ? name === wanted : new RegExp(pattern, 'u').test(name));
  const byTag = tags[role] ? `:is(${tags[role]}):not([role]), ` : '';
  const all = [...document.querySelectorAll(`${byTag}[role="${role}"]`)];
  // Behind a dialog nothing can be reached.
  const top = [...document.querySelectorAll('dialog:modal')].at(-1);
  return [...all.filter((element) => top?.contains(element)), ...all].find((element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest('[aria-hidden=true], [inert]') &&
    matches(tidy(nameOf(element)))) ?? null;
}
