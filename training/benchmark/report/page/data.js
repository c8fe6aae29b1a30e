// The attempts inside this page: gzip and base64, inflated once, parsed one by one as they open.

async function inflate(id) {
  const packed = document.getElementById(id).textContent.trim();
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// One attempt a line in both texts: what the list needs, and the whole trace as JSON text.
async function readAttempts() {
  const [entries, traces] = await Promise.all([inflate("entries"), inflate("traces")]);
  const lines = traces.split("\n");
  return entries
    .split("\n")
    .filter(Boolean)
    .map((line, index) => ({ ...JSON.parse(line), text: lines[index] }));
}

function address(attempt) {
  const parts = [attempt.suite, attempt.task, attempt.model, attempt.mode, attempt.trial];
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

const HALLUCINATIONS = JSON.parse(document.getElementById("hallucinations").textContent);

// What each filter keeps; a value of "" keeps everything.
const KEEPS = {
  suite: (attempt, value) => attempt.suite === value,
  model: (attempt, value) => attempt.model === value,
  mode: (attempt, value) => attempt.mode === value,
  category: (attempt, value) => attempt.categories.includes(value),
  language: (attempt, value) => attempt.language === value,
  outcome: (attempt, value) =>
    value === "error" ? attempt.error : attempt.solved === (value === "solved"),
  fault: (attempt, value) => {
    if (value === "none") return attempt.faults.length === 0;
    if (value === "any") return attempt.faults.length > 0;
    if (value === "hallucination")
      return attempt.faults.some((code) => HALLUCINATIONS.includes(code));
    return attempt.faults.includes(value);
  },
  text: (attempt, value) => {
    // Traces are searched as JSON text, so what JSON escapes is looked for escaped.
    const wanted = JSON.stringify(value).slice(1, -1).toLowerCase();
    return `${attempt.task} ${attempt.template}\n${attempt.text}`.toLowerCase().includes(wanted);
  },
};

function kept(attempts, filters) {
  const active = Object.entries(filters).filter(([name, value]) => value && KEEPS[name]);
  return attempts.filter((attempt) =>
    active.every(([name, value]) => KEEPS[name](attempt, value)),
  );
}
