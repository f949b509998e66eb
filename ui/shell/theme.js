// The theme that was chosen, before anything is painted: a classic script, because a module would run too late.
// Whoever chooses another fires `theme` at the window.

{
  const root = document.documentElement;
  const bars = /** @type {NodeListOf<HTMLMetaElement>} */ (document.querySelectorAll('meta[name=theme-color]'));

  /** @param {string | null} theme */
  const apply = (theme) => {
    const chosen = theme === 'light' || theme === 'dark';
    if (chosen) root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const bar of bars) {
      const { scheme } = bar.dataset;
      bar.media = !chosen ? `(prefers-color-scheme: ${scheme})` : theme === scheme ? 'all' : 'not all';
    }
  };

  addEventListener('theme', (event) => apply(/** @type {CustomEvent<string>} */ (event).detail));
  try {
    apply(JSON.parse(localStorage.getItem('preference:theme') ?? 'null'));
  } catch {
    // The browser keeps nothing, so nothing was chosen.
  }
}
