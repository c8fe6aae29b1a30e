// One attempt as a conversation. Everything is made with text nodes: no text is ever markup.

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== "" && child != null));
  return element;
}

const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

function marked(parts, faults) {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    const [text, indexes, absent] = part;
    const told = indexes.map((index) => `${faults[index].code}: ${faults[index].message}`);
    const numbers = indexes.map((index) => index + 1).join(" ");
    return make(
      "mark",
      { class: absent ? "fault absent" : "fault", title: told.join("\n"), "data-fault": numbers, tabindex: "-1" },
      text,
      make("sup", { "aria-label": `fault ${numbers}` }, numbers),
    );
  });
}

function faultList(indexes, faults) {
  if (!indexes.length) return "";
  const items = indexes.map((index) => {
    const { code, pointer, message } = faults[index];
    const at = pointer.startsWith("/") ? make("code", {}, pointer) : "";
    return make(
      "li",
      { value: index + 1 },
      make("b", { class: "code" }, code),
      at && " at ",
      at,
      ` ${message}`,
    );
  });
  return make("ol", { class: "faults" }, ...items);
}

const chip = (text, kind = "") => make("span", { class: `chip ${kind}` }, text);

const step = (kind, who, ...children) =>
  make("li", { class: `step ${kind}` }, make("p", { class: "who" }, ...who), ...children);

function call(shown, faults) {
  const verdict = shown.refused ? chip("refused", "bad") : shown.id ? chip("cleared", "good") : "";
  return make(
    "div",
    { class: "call" },
    make(
      "p",
      { class: "call-name" },
      shown.id && make("span", { class: "call-id" }, shown.id),
      make("code", {}, ...marked(shown.name, faults)),
      shown.effect === "write" ? chip("write", "warn") : "",
      verdict,
    ),
    make("pre", { tabindex: "0", "aria-label": "arguments" }, ...marked(shown.arguments, faults)),
  );
}

function act(it, faults) {
  const [prompt, cached, completion] = it.tokens;
  const cost = prompt
    ? `${prompt} + ${completion} tokens${cached ? `, ${cached} cached` : ""}, ${it.seconds} s`
    : "";
  const body = it.calls
    ? it.calls.map((one) => call(one, faults))
    : [make("pre", { class: "verbatim", tabindex: "0" }, ...marked(it.parts, faults))];
  const prose = it.calls ? chip("reply") : chip("prose, no call");
  const kind = { malformed: chip("malformed", "bad"), abstained: prose }[it.judged];
  return step(
    "act",
    ["Model decides", kind ?? "", make("span", { class: "cost" }, cost)],
    ...body,
    faultList(it.faults, faults),
  );
}

function observed(it) {
  const failed = it.code || (it.status ? "failed" : "no answer");
  const outcome = it.ok ? plural(it.count, "result") : failed;
  const whole = make("details", {}, make("summary", {}, "Response"));
  whole.addEventListener(
    "toggle",
    () => whole.append(make("pre", { tabindex: "0" }, JSON.stringify(it.result, null, 2))),
    { once: true },
  );
  const hidden = it.count - it.rows.length;
  const rows = it.rows.map((row) => make("li", {}, row));
  if (it.ok && rows.length && hidden > 0) rows.push(make("li", {}, `… ${hidden} more`));
  const name = make("code", {}, it.name);
  return step(
    it.ok ? "observed" : "observed failed",
    [
      "API answers ",
      make("span", { class: "call-id" }, it.id),
      name,
      chip([it.status || "", outcome].filter(Boolean).join(" · "), it.ok ? "" : "bad"),
      it.read_back ? chip("looked up after a lost answer") : "",
    ],
    rows.length ? make("ul", { class: "rows" }, ...rows) : "",
    it.result == null ? "" : whole,
  );
}

function refused(it) {
  const reasons = it.rejections.map((one) =>
    make("li", {}, make("b", { class: "code" }, one.code), ` ${one.pointer} ${one.message}`),
  );
  const summary = make("summary", {}, `What the model was told (${reasons.length})`);
  return step(
    "refused",
    ["Clearance refuses ", make("span", { class: "call-id" }, it.id), make("code", {}, it.name)],
    make("details", {}, summary, make("ul", { class: "rows" }, ...reasons)),
  );
}

const STEPS = {
  user: (it) => step("user", ["Person"], make("p", { class: "said", lang: it.language }, it.text)),
  act,
  observed,
  refused,
  reply: (it, faults) =>
    step(
      "reply",
      ["Agent replies", make("code", { class: "act-name" }, it.act)],
      make("p", { class: "said" }, ...marked(it.parts, faults)),
      faultList(it.faults, faults),
    ),
  approval: (it) =>
    step(
      "approval",
      ["Approval asked", it.total && chip(it.total, "warn")],
      make("p", { class: "said" }, it.text),
    ),
  decided: (it) =>
    step("decided", ["Person", chip(it.decision, it.decision === "approve" ? "good" : "bad")]),
  void: (it) => step("decided", ["Approval void", chip(it.reason, "bad")]),
  ended: (it) =>
    step("ended", [it.reason === "exhausted" ? "The bounded tries ran out" : "The turn failed"]),
};

// A button for each fault, which leads to its mark.
function jumps(trace) {
  return trace.faults.map(({ code }, index) => {
    const made = HALLUCINATIONS.includes(code) ? "bad" : "warn";
    const button = make("button", { type: "button", class: `chip ${made}` }, `${index + 1} ${code}`);
    button.addEventListener("click", () => {
      const mark = panelBody.querySelector(`mark[data-fault~="${index + 1}"]`);
      mark?.scrollIntoView({ block: "center" });
      mark?.focus({ preventScroll: true });
    });
    return button;
  });
}

function verdict(attempt, trace) {
  const items = [];
  if (trace.error) items.push(["Error", trace.error]);
  for (const reason of trace.unsolved) items.push(["Unsolved", reason]);
  for (const missed of trace.missed) items.push(["Missed", missed]);
  for (const surplus of trace.surplus) items.push(["Surplus", surplus]);
  if (trace.faults.length) items.push(["Faults", make("span", { class: "chips" }, ...jumps(trace))]);
  const { due, asked, guessed } = trace.asking;
  if (due) items.push(["Asking", `due ${due}, asked ${asked}, guessed ${guessed}`]);
  const { prompt_tokens, completion_tokens, seconds, acts, executed_calls, turns } = trace.cost;
  items.push([
    "Cost",
    `${plural(turns, "turn")}, ${plural(acts, "act")}, ${plural(executed_calls, "executed call")}, ` +
      `${prompt_tokens} prompt and ${completion_tokens} completion tokens, ${seconds.toFixed(2)} s`,
  ]);
  return make(
    "dl",
    { class: `verdict ${attempt.solved ? "solved" : "unsolved"}` },
    ...items.flatMap(([term, told]) => [make("dt", {}, term), make("dd", {}, told)]),
  );
}

function tools(trace) {
  if (!trace.tools.length) return "";
  const summary = make("summary", {}, `${plural(trace.tools.length, "tool")} on offer`);
  const lines = make("pre", { tabindex: "0" }, trace.tools.join("\n"));
  return make("details", { class: "tools" }, summary, lines);
}

function traceView(attempt, attempts) {
  const trace = JSON.parse(attempt.text);
  const shown = new Set(trace.steps.flatMap((it) => it.faults ?? []));
  const elsewhere = trace.faults.map((_, index) => index).filter((index) => !shown.has(index));
  const others = attempts.filter(
    (one) => one !== attempt && one.suite === attempt.suite && one.task === attempt.task,
  );
  const links = others.map((one) =>
    make(
      "li",
      {},
      make("a", { href: address(one) }, `${outcomeMark(one)} ${contestant(one)}`),
    ),
  );
  return [
    make(
      "header",
      {},
      make(
        "h3",
        { tabindex: "-1" },
        attempt.task,
        " ",
        chip(attempt.solved ? "solved" : "unsolved", attempt.solved ? "good" : "bad"),
      ),
      make("p", { class: "fine" }, [attempt.suite, contestant(attempt)].join(" · ")),
      make(
        "p",
        { class: "fine" },
        [attempt.template, attempt.categories.join(", "), attempt.language]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
    verdict(attempt, trace),
    tools(trace),
    elsewhere.length ? make("p", {}, "Faults that no step of the log shows:") : "",
    faultList(elsewhere, trace.faults),
    trace.steps.length
      ? make("ol", { class: "steps" }, ...trace.steps.map((it) => STEPS[it.kind](it, trace.faults)))
      : make("p", { class: "fine" }, "This attempt left no log."),
    links.length ? make("h4", {}, "The same task") : "",
    links.length ? make("ul", { class: "others" }, ...links) : "",
  ].filter((part) => part !== "");
}
