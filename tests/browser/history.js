// Looks at the messages in the page as they are painted, frame by frame.
(texts) => {
  const places = new Map(texts.map((text, index) => [text, index]));
  const log = document.querySelector('[role=log]');
  const rows = () => [...log.querySelectorAll('li')].filter((row) => textOf(row) !== undefined);
  const textOf = (row) => row.querySelector('[dir=auto]')?.textContent;
  const topOf = (row) => row.getBoundingClientRect().top;
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const seen = new Set();
  const found = { most: 0, drift: 0, holes: [], seen: 0, first: '', last: '' };

  const look = () => {
    const shown = rows();
    const numbers = shown.map((row) => places.get(textOf(row)));
    for (const number of numbers) seen.add(number);
    const hole = numbers.findIndex((number, index) => index > 0 && number !== numbers[index - 1] + 1);
    if (hole > 0) found.holes.push([numbers[hole - 1], numbers[hole]]);
    found.most = Math.max(found.most, shown.length);
    found.seen = seen.size;
    found.first = textOf(shown[0]);
    found.last = textOf(shown.at(-1));
    return shown;
  };

  // Scrolls there and stands still until other rows come first, or last; tells how far any paint moved what is looked at.
  const stand = async (top, end = 'first') => {
    const before = found[end];
    log.scrollTop = top;
    const edge = log.getBoundingClientRect().top;
    const row = rows().find((each) => topOf(each) >= edge);
    const [text, place] = [textOf(row), topOf(row)];
    let drift = 0;
    let quiet = 0;
    const start = performance.now();
    while (quiet < 3) {
      await painted();
      const same = row.isConnected && textOf(row) === text ? row : rows().find((each) => textOf(each) === text);
      drift = Math.max(drift, same ? Math.abs(topOf(same) - place) : Infinity);
      look();
      if (found[end] !== before) quiet += 1;
      if (performance.now() - start > 10_000) throw new Error(`nothing comes beyond ${before}`);
    }
    found.drift = Math.max(found.drift, drift);
  };

  // Goes up to the first message, by as many stops as it takes, at most. In Firefox, what WebDriver runs has a global
  // object of its own each time; the window stays.
  window.goUp = async (stops) => {
    look();
    for (let stop = 0; stop < stops && found.first !== texts[0]; stop += 1) {
      // At the very top there is nothing above that a browser could hold on to.
      await stand(stop % 3 === 2 ? log.clientHeight : 0);
    }
    return found;
  };

  // Goes down to the last message, in the same way.
  window.goDown = async (stops) => {
    look();
    for (let stop = 0; stop < stops && found.last !== texts.at(-1); stop += 1) {
      await stand(log.scrollHeight - log.clientHeight * (stop % 3 === 2 ? 2 : 1), 'last');
    }
    return found;
  };
}
