// The column of turns, and where it is scrolled to.
import { h } from "../dom.js";
import { countdown } from "../format.js";
import { t } from "../i18n.js";
import { timeLeft } from "../model.js";
import { TurnView } from "./turn.js";

const NEAR_END = 160;
const TOP_GAP = 16;

export class ThreadView {
  /** @param {HTMLElement} element the log region; @param {HTMLElement} stage what scrolls */
  constructor(element, stage) {
    this.element = element;
    this.stage = stage;
    this.views = [];
    this.shownId = undefined;
    this.loading = h(
      "div",
      { class: "skeletons", "aria-hidden": "true" },
      h("div"),
      h("div"),
      h("div"),
    );
    this.problem = h("div", { class: "problem-slot" });
    // While it still glides down, the end is where the reader is going.
    this.gliding = false;
    this.stage.addEventListener("scrollend", () => (this.gliding = false));
    setInterval(() => this.tick(), 1000);
  }

  /**
   * Shows the session's conversation; scrolls along when the reader is at the end and something
   * came. What is drawn again as it was leaves the reader where he is.
   */
  update(session) {
    const { conversation } = session;
    const other =
      this.shownId !== conversation.id && !(this.shownId === null && this.views.length > 0);
    if (other || conversation.turns.length === 0) this.clear();
    this.shownId = conversation.id;
    this.element.setAttribute("aria-busy", String(session.busy));
    const atEnd = other || this.gliding || this.#nearEnd();
    const waited = this.#waiting();
    const height = this.stage.scrollHeight;
    const grew = this.#match(conversation.turns.length);
    for (const [index, turn] of conversation.turns.entries()) {
      const last = index === conversation.turns.length - 1;
      this.views[index].update(conversation, turn, { busy: session.busy, last });
    }
    this.loading.remove();
    if (session.loading) this.element.append(this.loading);
    this.tick(conversation);
    if (conversation.turns.length === 0) this.stage.scrollTo(0, 0);
    else if (grew || (atEnd && this.stage.scrollHeight !== height)) this.scrollToEnd();
    else if (this.#waiting() && !waited) this.scrollToEnd();
  }

  /** Draws everything anew, as after a change of language. */
  clear() {
    this.views = [];
    this.element.replaceChildren();
  }

  /** Brings the countdowns up to date. */
  tick(conversation = this.conversation) {
    this.conversation = conversation;
    if (!conversation) return;
    for (const note of document.querySelectorAll("[data-until]")) {
      const left = timeLeft(conversation, note.dataset.until);
      const known = left !== null;
      const over = known && left <= 0;
      const text = over ? t("hold_over") : t("held", { left: countdown(left ?? 0) });
      note.classList.toggle("unknown", !known);
      note.classList.toggle("over", over);
      note.classList.toggle("soon", known && !over && left < 120_000);
      const slot = note.querySelector(".hold-text");
      if (slot && slot.textContent !== text) slot.textContent = text;
    }
  }

  /** Scrolls down, but never past the start of the newest turn unless an approval waits below. */
  scrollToEnd() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const end = this.stage.scrollHeight - this.stage.clientHeight;
    const newest = this.views.at(-1)?.element;
    const top = this.#waiting() || !newest ? end : Math.min(end, newest.offsetTop - TOP_GAP);
    this.gliding = !calm && "onscrollend" in window && Math.abs(top - this.stage.scrollTop) > 1;
    this.stage.scrollTo({ top, behavior: calm ? "instant" : "smooth" });
  }

  /** Whether an approval of the newest turn waits; nobody should have to look for it. */
  #waiting() {
    return Boolean(this.views.at(-1)?.element.querySelector(".approval.pending"));
  }

  #nearEnd() {
    return this.stage.scrollHeight - this.stage.scrollTop - this.stage.clientHeight < NEAR_END;
  }

  #match(count) {
    const grew = this.views.length < count;
    while (this.views.length > count) this.views.pop().element.remove();
    while (this.views.length < count) {
      const view = new TurnView();
      this.views.push(view);
      this.element.append(view.element);
    }
    return grew;
  }
}
