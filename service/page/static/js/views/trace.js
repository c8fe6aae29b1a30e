// "What happened": each call of a turn with its clearance, for whoever wants to look.
import { h, icon } from "../dom.js";
import { operation } from "../format.js";
import { find, plural, t } from "../i18n.js";

const RESULT_SHOWN = 20_000;

/** One line that says what the panel holds. */
export function traceSummary(calls) {
  const rejected = calls.filter((call) => call.status === "rejected").length;
  const parts = [
    plural("trace.calls", calls.length - rejected),
    rejected > 0 && plural("trace.rejected", rejected),
  ];
  return parts.filter(Boolean).join(" · ");
}

/**
 * The panel's body: a list of calls. `said` holds the user's messages in order, `nameOf` answers
 * the operation of a call id or null; both put provenance into words.
 */
export function traceList(calls, { said, nameOf }) {
  const words = { said, nameOf };
  return h(
    "ol",
    { class: "trace-calls" },
    calls.map((call) => h("li", {}, callView(call, words))),
  );
}

function callView(call, words) {
  const effect =
    call.effect && h("span", { class: `chip ${call.effect}`, text: t(`effect.${call.effect}`) });
  const summary = h(
    "summary",
    {},
    h("span", { class: `dot ${call.status}`, "aria-hidden": "true" }),
    h("span", { class: "call-name", text: operation(call.name) }),
    h("code", { text: call.name ?? "" }),
    effect,
    h("span", { class: "call-status", text: t(`status.${call.status}`) }),
    icon("chevron"),
  );
  const body = [rejectionList(call.rejections), argumentTable(call, words), resultView(call)];
  return h(
    "details",
    { class: "call", data: { call: call.id, status: call.status } },
    summary,
    h("div", { class: "call-body" }, body),
  );
}

function rejectionList(rejections) {
  if (!rejections?.length) return null;
  const items = rejections.map((it) =>
    h(
      "li",
      {},
      h("code", { text: it.code }),
      h("code", { class: "muted", text: it.pointer || "/" }),
      h("span", { text: it.message }),
    ),
  );
  return [h("h4", { text: t("trace.refused") }), h("ul", { class: "rejections" }, items)];
}

function argumentTable(call, words) {
  const rows = leaves(call.arguments).map(([pointer, value]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("code", { text: pointer || "/" })),
      h("td", {}, h("span", { class: "value", text: textOf(value) })),
      h("td", {}, origin(call.provenance?.[pointer], words)),
    ),
  );
  if (rows.length === 0) return h("p", { class: "muted", text: t("trace.no_arguments") });
  const columns = ["argument", "value", "origin"].map((name) =>
    h("th", { scope: "col", text: t(`trace.${name}`) }),
  );
  return h(
    "div",
    { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, columns)), h("tbody", {}, rows)),
  );
}

function origin(provenance, words) {
  if (!provenance) return h("span", { class: "muted", text: "–" });
  const badge = h("span", {
    class: `chip source-${provenance.source}`,
    text: find(`source.${provenance.source}`) ?? provenance.source,
  });
  return [badge, h("span", { class: "muted ref", text: referenceText(provenance, words) })];
}

// References are "m3:10-17" (message number, offsets in code points) and "c7/data/0/offer_id".
function referenceText({ source, ref }, { said, nameOf }) {
  const text = String(ref ?? "");
  const span = /^m(\d+):(\d+)-(\d+)$/.exec(text);
  if (span && source !== "result") {
    const [number, start, end] = span.slice(1).map(Number);
    const quote = [...(said[number - 1] ?? "")].slice(start, end).join("");
    return quote ? `“${quote}”` : text;
  }
  const [callId, ...pointer] = text.split("/");
  const name = source === "result" ? nameOf(callId) : null;
  return name ? `${name} /${pointer.join("/")}` : text;
}

function resultView(call) {
  if (call.result === undefined) return null;
  const text = JSON.stringify(call.result, null, 2) ?? "";
  const cut = text.length > RESULT_SHOWN ? `${text.slice(0, RESULT_SHOWN)}\n…` : text;
  return h(
    "details",
    { class: "result" },
    h("summary", {}, t("trace.result"), icon("chevron")),
    h("pre", { tabindex: "0", text: cut, "aria-label": t("trace.result") }),
  );
}

/** Every scalar of a JSON value with its JSON pointer (RFC 6901). */
export function leaves(value, pointer = "") {
  if (value === null || typeof value !== "object")
    return value === undefined ? [] : [[pointer, value]];
  return Object.entries(value).flatMap(([key, part]) =>
    leaves(part, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
}

function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
