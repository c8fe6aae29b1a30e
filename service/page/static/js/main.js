// Wires the session to the views. Everything a person can do here ends as a message or a decision.
import { useKey } from "./api.js";
import { h, icon, replace } from "./dom.js";
import { inLanguage, plural, setLanguage, startLanguage, t } from "./i18n.js";
import { pendingApproval } from "./model.js";
import { Session } from "./session.js";
import { remember } from "./storage.js";
import { Composer } from "./views/composer.js";
import { askKey, confirmDelete } from "./views/dialogs.js";
import { Sidebar } from "./views/sidebar.js";
import { ThreadView } from "./views/thread.js";
import { drawWelcome } from "./views/welcome.js";

const THEMES = ["auto", "light", "dark"];
const byId = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.session = new Session(() => this.#schedule());
    this.thread = new ThreadView(byId("thread"), byId("stage"));
    this.composer = new Composer(byId("dock"), (text) => this.#send(text));
    const parts = { aside: byId("sidebar"), scrim: byId("scrim"), column: byId("column") };
    this.sidebar = new Sidebar(parts, this.#actions());
    this.announced = "";
    this.addressed = null;
    this.askingKey = false;
    this.pressed = false;
    this.#translate();
    byId("thread").addEventListener("click", (event) => this.#clicked(event));
    this.#waitForPresses(byId("thread"));
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.composer.focus();
    });
    window.addEventListener("hashchange", () => this.#route());
    document.addEventListener("keydown", (event) => this.#shortcut(event));
  }

  async start() {
    this.#route();
    this.update();
    await this.session.loadHistory();
    await this.session.loadTrips();
  }

  /** Draws what has changed. */
  update() {
    const { session } = this;
    const empty = session.conversation.turns.length === 0 && !session.loading && !session.problem;
    byId("welcome").hidden = !empty;
    this.thread.update(session);
    this.composer.update(session);
    this.sidebar.update(session);
    this.#drawTopbar();
    this.#drawOpenProblem();
    this.#followAddress();
    this.#announce();
    this.#needKey();
  }

  // Many events may arrive between two frames; one drawing shows them all.
  #schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    if (!this.pressed) queueMicrotask(() => this.#drawScheduled());
  }

  #drawScheduled() {
    if (this.pressed || !this.scheduled) return;
    this.scheduled = false;
    this.update();
  }

  // A button that is drawn anew between press and release gets no click: drawing waits for both.
  #waitForPresses(element) {
    const release = () => {
      this.pressed = false;
      setTimeout(() => this.#drawScheduled());
    };
    element.addEventListener("pointerdown", () => (this.pressed = true));
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
  }

  #actions() {
    return {
      startNew: () => {
        this.session.startNew();
        this.sidebar.close();
        this.composer.focus();
      },
      openConversation: (id) => {
        this.sidebar.close();
        void this.session.open(id);
      },
      openTrip: (trip) => this.#openTrip(trip),
      askDelete: async (row) => {
        if (await confirmDelete(row.title || t("untitled"))) await this.session.remove(row.id);
      },
      setLanguage: async (tag) => {
        await setLanguage(tag, { chosen: true });
        this.#translate();
        this.update();
        byId("language").focus();
      },
      nextTheme: () => this.#nextTheme(),
      opened: () => void this.session.loadTrips(),
      closed: () => byId("menu").focus(),
    };
  }

  async #send(text) {
    const turn = this.session.send(text);
    this.composer.focus();
    await turn;
    await this.session.loadTrips();
  }

  async #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { send, value, decide, retry, edit } = button.dataset;
    if (send)
      await this.#send(await inLanguage(this.session.conversation.language, send, { id: value }));
    if (decide) await this.#decide(decide);
    const turn = this.session.conversation.turns[Number(retry ?? edit)];
    if (retry && turn) await this.session.retry(turn);
    if (edit && turn) this.composer.fill(turn.user);
  }

  async #decide(decision) {
    const turn = this.session.decide(decision);
    this.composer.focus();
    await turn;
  }

  async #openTrip(trip) {
    this.sidebar.close();
    if (trip.conversationId !== this.session.conversation.id) {
      await this.session.open(trip.conversationId);
    }
    const cards = [...document.querySelectorAll(".card.ticket")];
    const card = cards.find((it) => it.dataset.id === trip.id);
    card?.closest("details:not([open])")?.setAttribute("open", "");
    card?.scrollIntoView({ block: "center" });
  }

  #route() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id === (this.session.conversation.id ?? "")) return;
    this.addressed = id || null;
    if (id) void this.session.open(id);
    else this.session.startNew();
  }

  #followAddress() {
    const { id } = this.session.conversation;
    if (id === this.addressed) return;
    this.addressed = id;
    if (decodeURIComponent(location.hash.slice(1)) === (id ?? "")) return;
    const address = id ? `#${encodeURIComponent(id)}` : location.pathname + location.search;
    history.pushState(null, "", address);
  }

  #translate() {
    for (const element of document.querySelectorAll("[data-t]"))
      element.textContent = t(element.dataset.t);
    for (const element of document.querySelectorAll("[data-t-label]"))
      element.setAttribute("aria-label", t(element.dataset.tLabel));
    this.composer.translate();
    this.sidebar.translate();
    this.thread.clear();
    this.topbarKey = undefined;
    drawWelcome(byId("welcome"), (text) => this.composer.fill(text));
  }

  #drawTopbar() {
    const { conversation, sandbox } = this.session;
    const world = conversation.sandbox ?? sandbox ?? "default";
    const first = conversation.turns.find((turn) => turn.user)?.user ?? "";
    if (this.topbarKey === `${world} ${first}`) return;
    this.topbarKey = `${world} ${first}`;
    document.title = first ? `${first} · Callsign` : "Callsign";
    const menu = h(
      "button",
      {
        type: "button",
        class: "round menu",
        id: "menu",
        "aria-label": t("menu"),
        on: { click: () => this.sidebar.open() },
      },
      icon("menu"),
    );
    const name = h(
      "p",
      { class: "who" },
      h("strong", { text: "Callsign" }),
      h("span", { class: "chip ai", text: t("ai") }),
    );
    const note = h(
      "p",
      { class: "world", title: t("world.long", { world }) },
      h("span", { class: "dot", "aria-hidden": "true" }),
      h("span", { text: t("world") }),
      h("code", { text: world }),
    );
    replace(byId("topbar"), menu, name, note);
  }

  #drawOpenProblem() {
    const { problem, conversation } = this.session;
    if (!problem || conversation.turns.length > 0) return;
    const again = h("button", {
      type: "button",
      class: "button small",
      text: t("retry"),
      on: { click: () => void this.session.open(conversation.id) },
    });
    const text =
      problem.status === 404 ? t("problem.gone") : (problem.detail ?? t("problem.unreachable"));
    replace(
      byId("thread"),
      h(
        "div",
        { class: "problem", role: "alert" },
        icon("alert"),
        h("div", {}, h("p", { text }), h("div", { class: "problem-actions" }, again)),
      ),
    );
  }

  // What a screen reader is told: the newest reply, or that an approval waits. Not the countdowns.
  #announce() {
    const { conversation } = this.session;
    const turn = conversation.turns.at(-1);
    if (!turn || turn.status !== "done") {
      // Emptied meanwhile, so that the same words once more are news again.
      this.announced = byId("announcer").textContent = "";
      return;
    }
    const replies = turn.replies.map((it) => [
      it.text,
      it.cards.length > 0 && plural("announce.cards", it.cards.length),
    ]);
    const approval = pendingApproval(conversation);
    const text = [...replies.flat(), approval && `${t("approval")}: ${approval.summary}`]
      .filter(Boolean)
      .join(" ");
    if (text === this.announced) return;
    this.announced = text;
    byId("announcer").textContent = text;
  }

  async #needKey() {
    const { session } = this;
    const turn = session.conversation.turns.at(-1);
    const problems = [session.problem, session.history.problem, turn?.problem];
    if (this.askingKey || !problems.some((it) => it?.status === 401)) return;
    this.askingKey = true;
    const key = await askKey();
    this.askingKey = key === null;
    if (key === null) return;
    useKey(key);
    await session.loadHistory();
    if (session.problem) await session.open(session.conversation.id);
    else if (turn?.status === "unsent") await session.retry(turn);
  }

  #nextTheme() {
    const root = document.documentElement;
    root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    remember("theme", root.dataset.theme === "auto" ? null : root.dataset.theme);
    this.sidebar.translate();
    this.update();
    byId("theme").focus();
  }

  #shortcut(event) {
    const typing = event.target.closest?.("textarea, input, select, dialog");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      this.composer.focus();
    }
  }
}

await startLanguage();
await new Page().start();
