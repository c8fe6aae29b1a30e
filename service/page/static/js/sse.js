// Server-sent events over fetch (EventSource cannot POST). WHATWG HTML, section 9.2.6.

/**
 * The events of a response body, as they arrive.
 * @param {ReadableStream<Uint8Array>} stream
 * @yields {{type: string, data: string, id: string}} `data` lines joined by "\n"
 */
export async function* readEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let fields = [];
  let lastId = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      const lines = completeLines(buffer);
      buffer = lines.rest;
      for (const line of lines.whole) {
        if (line !== "") {
          fields.push(line);
          continue;
        }
        const event = assemble(fields, lastId);
        fields = [];
        lastId = event.id;
        if (event.data !== null) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function completeLines(buffer) {
  // A carriage return at the very end may be half of a CRLF whose line feed is still on its way.
  const held = buffer.endsWith("\r") ? 1 : 0;
  const whole = buffer.slice(0, buffer.length - held).split(/\r\n|\n|\r/);
  const rest = whole.pop() + buffer.slice(buffer.length - held);
  return { whole, rest };
}

function assemble(lines, lastId) {
  let type = "message";
  let id = lastId;
  const data = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") type = value;
    else if (name === "data") data.push(value);
    else if (name === "id") id = value;
  }
  return { type, id, data: data.length > 0 ? data.join("\n") : null };
}
