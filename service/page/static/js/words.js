// What to show of texts that were written to stand alone, next to cards that say the same. They
// come in four languages, so this goes by their shape and never by their words.

const NUMBERED = /^(\d+\. | {2,})/;
const LABELLED = /^([^:·→]{2,40}): (\S.*)$/u;
const NAMED_PLACE = /(?:^|[→·])\s*([^→·()\n]+?) \(([A-Z]{3})\)/gmu;

/** A reply without the lines that describe the things which its cards show. */
export function leadOf(text) {
  const paragraphs = text.split("\n\n").map((paragraph, index) => {
    const lines = paragraph.split("\n");
    if (lines.some((line) => NUMBERED.test(line)))
      return lines.filter((line) => !NUMBERED.test(line)).join("\n");
    return index === 0 || lines[0].endsWith(":") ? lines[0] : paragraph;
  });
  const short = paragraphs.every((paragraph) => !paragraph.includes("\n"));
  return paragraphs.join(short ? " " : "\n\n");
}

/**
 * An approval's summary as its card shows it: a section for each write, {title, lines, rows}, its
 * rows [label, value]. What the card shows elsewhere is left out: the total, the expiry, and the
 * question that buttons answer.
 * @param {{amount: string}[]} totals
 */
export function summarySections(summary, totals, expiresAt) {
  const told = new Set(totals.map((total) => digits(total.amount)));
  told.add(digits(/T(\d\d:\d\d)/.exec(expiresAt ?? "")?.[1] ?? "none"));
  const all = (summary ?? "").split("\n");
  const lines = all.filter((line) => line.includes("·") || !told.has(digits(line) || null));
  if (lines.length > 1 && lines.at(-1).includes("?")) lines.pop();
  const sections = [];
  for (const line of lines) {
    const row = LABELLED.exec(line)?.slice(1);
    if (sections.length === 0 || line.endsWith(":"))
      sections.push({ title: row ? "" : line.replace(/:$/, ""), lines: [], rows: [] });
    else if (!row) sections.at(-1).lines.push(line);
    if (row) sections.at(-1).rows.push(row);
  }
  return sections;
}

/** Names of places that a text gives with their IATA codes: "Berlin (BER)". */
export function placesIn(text) {
  return [...text.matchAll(NAMED_PLACE)].map(([, name, code]) => [code, name]);
}

function digits(text) {
  return text.replace(/\D/g, "");
}
