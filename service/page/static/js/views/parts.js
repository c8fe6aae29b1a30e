// Small pieces that several views share.
import { h, icon } from "../dom.js";
import { day, instant, label, money, term } from "../format.js";
import { t } from "../i18n.js";

/** Redraws an element only when what it shows has changed, so that focus and open panels stay. */
export class Region {
  constructor(element) {
    this.element = element;
    this.key = undefined;
  }

  /** `shown`: everything that `build` reads, as plain data. `build` answers nodes. */
  draw(shown, build) {
    const key = JSON.stringify(shown);
    if (key === this.key) return;
    this.key = key;
    // Who moves by keyboard stays where they were: at what is called the same, or in the same place.
    const place = this.#focusable().indexOf(document.activeElement);
    const name = place < 0 ? "" : called(document.activeElement);
    this.element.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
    if (place < 0) return;
    const now = this.#focusable();
    (now.find((it) => called(it) === name) ?? now[place])?.focus({ preventScroll: true });
  }

  #focusable() {
    return [...this.element.querySelectorAll("a[href], button, input, [tabindex]")];
  }
}

function called(element) {
  return `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`;
}

/**
 * A live countdown to an instant of the conversation's clock; `tick` keeps it current. Its place is
 * kept while the clock is not known yet, so that nothing moves under a finger.
 */
export function holdNote(expiresAt, className = "hold") {
  if (Number.isNaN(Date.parse(expiresAt ?? ""))) return null;
  return h(
    "span",
    { class: className, data: { until: expiresAt } },
    icon("clock"),
    h("span", { class: "hold-text num" }),
  );
}

/** A description list of [label, value] pairs, texts or nodes; empty values are left out. */
export function facts(pairs, className = "facts") {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: className },
    rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** Any JSON value as short text: money, dates, yes and no, codes and lists in the page's words. */
export function readable(value, key = "") {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (Array.isArray(value)) return value.map((item) => readable(item, key)).join(", ");
  if (typeof value === "object") return readableObject(value);
  if (typeof value === "string") return readableText(value, key);
  return String(value);
}

function readableObject(value) {
  if ("amount" in value && "currency" in value) return money(value);
  if (value.given_name) return [value.given_name, value.family_name].filter(Boolean).join(" ");
  const parts = Object.entries(value).filter(([, part]) => part !== null && part !== "");
  return parts.map(([key, part]) => `${label(key)} ${readable(part, key)}`).join(" · ");
}

function readableText(value, key) {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return instant(value);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return day(value);
  if (/(status|cabin|class|board|type)$/.test(key)) return term(value);
  return value;
}

/** Who travels, in short: "2 adults, 1 child". `counts` has adults, children, infants. */
export function party(counts, plural) {
  const kinds = ["adults", "children", "infants"].filter((kind) => counts?.[kind] > 0);
  return kinds.map((kind) => plural(`count.${kind}`, counts[kind])).join(", ");
}
