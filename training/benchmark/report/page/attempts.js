// The list of attempts, its filters, and the address bar: #?suite=…&fault=… and #/suite/task/….

const PAGE = 60;
const form = document.getElementById("filters");
const list = document.getElementById("attempt-list");
const count = document.getElementById("attempt-count");
const more = document.getElementById("more");
const browser = document.getElementById("browser");
const panel = document.getElementById("trace");
const panelBody = document.getElementById("trace-body");

let attempts = [];
let found = [];

const outcomeMark = (attempt) => (attempt.solved ? "✓" : attempt.error ? "!" : "✗");

const contestant = ({ model, mode, trial }) =>
  [model, mode === "" ? "" : mode, trial ? `trial ${trial + 1}` : ""].filter(Boolean).join(" · ");

function row(attempt) {
  const faults = attempt.faults.map((code) =>
    chip(code, HALLUCINATIONS.includes(code) ? "bad" : "warn"),
  );
  const state = attempt.solved ? "solved" : "unsolved";
  return make(
    "li",
    {},
    make(
      "a",
      { href: address(attempt), class: `attempt ${state}` },
      make("span", { class: "outcome", role: "img", "aria-label": state }, outcomeMark(attempt)),
      make("span", { class: "task" }, attempt.task),
      make("span", { class: "fine by" }, contestant(attempt)),
      attempt.said && make("span", { class: "fine quote", lang: attempt.language }, attempt.said),
      faults.length ? make("span", { class: "chips" }, ...faults) : "",
    ),
  );
}

function showMore() {
  const shown = list.children.length;
  list.append(...found.slice(shown, shown + PAGE).map(row));
  more.hidden = list.children.length >= found.length;
}

function refresh() {
  found = kept(attempts, Object.fromEntries(new FormData(form)));
  count.textContent = `${found.length} of ${plural(attempts.length, "attempt")}`;
  list.replaceChildren();
  showMore();
}

function fill(parameters) {
  for (const control of form.elements) {
    if (!control.name) continue;
    const value = parameters.get(control.name) ?? "";
    const known = [...(control.options ?? [])].some((option) => option.value === value);
    control.value = control.options && !known ? "" : value;
  }
  refresh();
}

function show(attempt) {
  browser.dataset.open = attempt ? "yes" : "no";
  panel.hidden = !attempt;
  for (const link of list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
  if (!attempt) return;
  panelBody.replaceChildren(...traceView(attempt, attempts));
  const link = [...list.querySelectorAll("a")].find((one) => one.hash === address(attempt));
  link?.setAttribute("aria-current", "true");
  link?.scrollIntoView({ block: "nearest" });
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    const at = found.indexOf(attempt);
    const other = at < 0 ? undefined : found[at + step];
    const button = document.getElementById(name);
    button.toggleAttribute("aria-disabled", !other);
    if (other) button.href = address(other);
    else button.removeAttribute("href");
  }
  const heading = panelBody.querySelector("h3");
  browser.scrollIntoView({ block: "start" });
  heading.focus({ preventScroll: true });
}

function follow() {
  const hash = window.location.hash;
  if (hash.startsWith("#/")) {
    const wanted = attempts.find((attempt) => address(attempt) === hash);
    show(wanted);
    if (!wanted) count.textContent = "The attempt of this address is not in this report.";
  } else if (hash.startsWith("#?")) {
    show(undefined);
    fill(new URLSearchParams(hash.slice(2)));
    browser.scrollIntoView({ block: "start" });
  }
}

function remember() {
  const filters = [...new FormData(form)].filter(([, value]) => value);
  refresh();
  show(undefined);
  window.history.replaceState(null, "", `#?${new URLSearchParams(filters)}`);
}

async function start() {
  if (!("DecompressionStream" in window)) {
    count.textContent = "This browser cannot inflate the traces (it has no DecompressionStream).";
    return;
  }
  attempts = await readAttempts();
  refresh();
  form.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember));
  more.addEventListener("click", showMore);
  document.getElementById("back").addEventListener("click", remember);
  window.addEventListener("hashchange", follow);
  follow();
  browser.setAttribute("aria-busy", "false");
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = dark ? "light" : "dark";
});

start();
