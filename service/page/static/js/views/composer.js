// Where wishes are typed. Enter sends, Shift+Enter breaks the line.
import { h, icon, replace } from "../dom.js";
import { t } from "../i18n.js";

const LONGEST = 4000;

export class Composer {
  /** @param {HTMLElement} element; @param {(text: string) => void} onSend */
  constructor(element, onSend) {
    this.onSend = onSend;
    this.element = element;
    this.input = h("textarea", {
      id: "wish",
      rows: "1",
      maxlength: LONGEST,
      enterkeyhint: "send",
      autocomplete: "off",
    });
    this.input.addEventListener("input", () => this.#fit());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.button = h("button", { type: "submit", class: "round send" }, icon("send"));
    this.hint = h("p", { class: "fineprint" });
    this.label = h("label", { for: "wish", class: "visually-hidden" });
    const form = h(
      "form",
      { class: "composer", on: { submit: (event) => this.#submit(event) } },
      this.label,
      this.input,
      this.button,
    );
    replace(element, form, this.hint);
    this.translate();
  }

  translate() {
    this.input.placeholder = t("composer.placeholder");
    this.label.textContent = t("composer.label");
    this.button.setAttribute("aria-label", t("send"));
    this.hint.textContent = t("fineprint");
  }

  /** `busy`: a turn runs; typing goes on, sending waits. */
  update({ busy }) {
    this.busy = busy;
    this.button.disabled = busy || this.input.value.trim() === "";
  }

  /** Puts text there to be edited and sent. */
  fill(text) {
    this.input.value = text;
    this.#fit();
    this.focus();
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
    if (event.key === "Escape") this.input.blur();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (this.busy || text === "") return;
    this.input.value = "";
    this.#fit();
    this.onSend(text);
  }

  #fit() {
    this.input.rows = 1;
    const line = Number.parseFloat(getComputedStyle(this.input).lineHeight);
    const padding = Number.parseFloat(getComputedStyle(this.input).paddingTop) * 2;
    this.input.rows = Math.max(
      1,
      Math.min(7, Math.round((this.input.scrollHeight - padding) / line)),
    );
    this.update({ busy: this.busy });
  }
}
