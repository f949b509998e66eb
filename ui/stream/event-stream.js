// Server-sent events (WHATWG HTML §9.2) out of a response, as this server writes them: a line of data for each event.

/**
 * `heard` is called for everything that comes, comments that only say "alive" among it.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body @param {() => void} heard
 */
export async function* readEvents(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const frames = (text + value).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const { id, event = 'message', data } = fieldsOf(frame);
      if (data) yield { name: event, data: JSON.parse(data), cursor: id };
    }
  }
}

/** @param {string} frame @returns {Record<string, string | undefined>} */
function fieldsOf(frame) {
  return Object.fromEntries(frame.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
  }));
}
