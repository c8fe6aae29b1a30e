// History and trips; on a phone a drawer over the conversation.
import { h, icon } from "../dom.js";
import { day, recent, term } from "../format.js";
import { LANGUAGES, currentLanguage, t } from "../i18n.js";
import { tripDate } from "../trips.js";
import { Region } from "./parts.js";

export class Sidebar {
  /** @param {{aside, scrim, column: HTMLElement}} parts; `actions` as made in main.js */
  constructor(parts, actions) {
    Object.assign(this, parts);
    this.actions = actions;
    this.trips = new Region(h("div"));
    this.history = new Region(h("div"));
    this.scrim.addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen) this.close();
    });
    this.narrow = matchMedia("(max-width: 860px)");
    this.narrow.addEventListener("change", () => this.#apply());
    this.isOpen = false;
    this.translate();
    this.#apply();
  }

  translate() {
    this.trips.key = undefined;
    this.history.key = undefined;
    const brand = h(
      "div",
      { class: "brand" },
      h("span", { class: "mark", "aria-hidden": "true" }),
      h("span", { text: "Callsign" }),
    );
    const close = h(
      "button",
      {
        type: "button",
        class: "round close-drawer",
        "aria-label": t("close"),
        on: { click: () => this.close() },
      },
      icon("close"),
    );
    const fresh = h(
      "button",
      {
        type: "button",
        class: "button wide new-chat",
        on: { click: () => this.actions.startNew() },
      },
      icon("plus"),
      t("new"),
    );
    this.aside.replaceChildren(
      h("div", { class: "side-head" }, brand, close),
      fresh,
      h("div", { class: "side-scroll" }, this.trips.element, this.history.element),
      h("div", { class: "side-foot" }, this.#languagePicker(), this.#themePicker()),
    );
  }

  /** Shows the session's history and trips. */
  update(session) {
    const trips = session.trips();
    this.trips.draw(trips, () => this.#tripsView(trips));
    const { rows, next, problem, kept } = session.history;
    this.history.draw([rows, next, problem, kept, session.conversation.id], () =>
      this.#historyView(session),
    );
  }

  open() {
    this.isOpen = true;
    this.#apply();
    this.actions.opened();
    this.aside.querySelector("button")?.focus();
  }

  close() {
    const wasOpen = this.isOpen && this.narrow.matches;
    this.isOpen = false;
    this.#apply();
    if (wasOpen) this.actions.closed();
  }

  // Closed, the drawer takes no focus; open, the rest of the page takes none.
  #apply() {
    const drawer = this.narrow.matches;
    this.aside.classList.toggle("open", drawer && this.isOpen);
    this.aside.inert = drawer && !this.isOpen;
    this.column.inert = drawer && this.isOpen;
    this.scrim.hidden = !(drawer && this.isOpen);
  }

  #tripsView(trips) {
    const title = h("h2", { text: t("trips") });
    if (trips.length === 0) return [title, h("p", { class: "muted empty", text: t("trips.none") })];
    return [
      title,
      h(
        "ul",
        { class: "side-list trips" },
        trips.map((trip) => h("li", {}, this.#tripButton(trip))),
      ),
    ];
  }

  #tripButton(trip) {
    const cancelled = trip.data.status === "cancelled";
    return h(
      "button",
      {
        type: "button",
        class: "side-item trip",
        data: { trip: trip.id },
        on: { click: () => this.actions.openTrip(trip) },
      },
      icon(trip.kind === "order" ? "plane" : "bed"),
      h(
        "span",
        { class: "side-text" },
        h("span", { class: "side-title", text: tripTitle(trip) }),
        h(
          "span",
          { class: "muted" },
          day(tripDate(trip), { year: false }),
          " · ",
          h("span", { class: "mono", text: trip.data.booking_reference }),
        ),
      ),
      cancelled && h("span", { class: "chip bad", text: term("cancelled") }),
    );
  }

  #historyView(session) {
    const { rows, next, problem, kept } = session.history;
    const title = h("h2", { text: t("history") });
    if (problem) return [title, h("p", { class: "muted empty", text: t("problem.history") })];
    if (rows.length === 0)
      return [title, h("p", { class: "muted empty", text: t("history.none") })];
    const items = rows.map((row) =>
      h("li", { class: "side-row" }, this.#rowButton(row, session), this.#deleteButton(row)),
    );
    const more =
      next &&
      h("button", {
        type: "button",
        class: "button quiet small",
        text: t("more"),
        on: { click: () => session.loadHistory({ more: true }) },
      });
    const alert = kept && h("p", { class: "empty", role: "alert", text: t("problem.not_deleted") });
    return [title, alert, h("ul", { class: "side-list" }, items), more];
  }

  #rowButton(row, session) {
    const current = row.id === session.conversation.id;
    return h(
      "button",
      {
        type: "button",
        class: "side-item",
        "aria-current": current ? "page" : null,
        on: { click: () => this.actions.openConversation(row.id) },
      },
      h(
        "span",
        { class: "side-text" },
        h("bdi", { class: "side-title", text: row.title || t("untitled") }),
      ),
      h("span", { class: "muted fine", text: recent(row.updated_at ?? row.created_at) }),
    );
  }

  #deleteButton(row) {
    return h(
      "button",
      {
        type: "button",
        class: "round delete",
        "aria-label": t("delete.what", { title: row.title || t("untitled") }),
        on: { click: () => this.actions.askDelete(row) },
      },
      icon("trash"),
    );
  }

  #languagePicker() {
    const options = Object.entries(LANGUAGES).map(([tag, name]) =>
      h("option", { value: tag, selected: tag === currentLanguage(), lang: tag, text: name }),
    );
    const select = h(
      "select",
      {
        "aria-label": t("language"),
        id: "language",
        on: { change: (event) => this.actions.setLanguage(event.target.value) },
      },
      options,
    );
    return h("div", { class: "select" }, select, icon("chevron"));
  }

  #themePicker() {
    const theme = document.documentElement.dataset.theme;
    const symbol = { light: "sun", dark: "moon" }[theme] ?? "auto";
    return h(
      "button",
      {
        type: "button",
        class: "round",
        id: "theme",
        "aria-label": t(`theme.${theme}`),
        title: t(`theme.${theme}`),
        on: { click: () => this.actions.nextTheme() },
      },
      icon(symbol),
    );
  }
}

function tripTitle(trip) {
  if (trip.kind === "booking") return trip.data.hotel?.name ?? t("card.booking");
  const slices = trip.data.slices ?? [];
  return slices.length > 0 ? `${slices[0].origin} → ${slices[0].destination}` : t("card.order");
}
