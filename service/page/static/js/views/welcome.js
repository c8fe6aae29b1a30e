// The empty state: what this is, and a wish to begin with in each of the four languages.
import { h, icon } from "../dom.js";
import { LANGUAGES, t } from "../i18n.js";

const DAYS_AHEAD = 45;

/** Fills `element`; `onWish` gets the text of an example that was pressed. */
export function drawWelcome(element, onWish) {
  const wishes = examples().map(({ tag, text }) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "wish", lang: tag, on: { click: () => onWish(text) } },
        h("span", { class: "wish-language", text: LANGUAGES[tag] }),
        h("span", { text }),
      ),
    ),
  );
  element.replaceChildren(
    h("span", { class: "mark large", "aria-hidden": "true" }),
    h("h1", { text: t("welcome.title") }),
    h("p", { class: "lead", text: t("welcome.lead") }),
    h("ul", { class: "wishes", "aria-label": t("welcome.examples") }, wishes),
    h(
      "ul",
      { class: "promises" },
      ["cleared", "approved", "open"].map((name) =>
        h("li", {}, icon(PROMISES[name]), h("span", { text: t(`promise.${name}`) })),
      ),
    ),
  );
}

const PROMISES = { cleared: "check", approved: "shield", open: "ticket" };

// Dates lie ahead of today, so that an example is always a wish that can be met.
function examples() {
  const start = new Date(Date.now() + DAYS_AHEAD * 86_400_000);
  const end = new Date(start.getTime() + 3 * 86_400_000);
  const date = (tag, value) =>
    new Intl.DateTimeFormat(tag, { day: "numeric", month: "long", year: "numeric" }).format(value);
  return [
    {
      tag: "en",
      text: `A one-way flight from Istanbul to Berlin on ${date("en-GB", start)} for one adult`,
    },
    { tag: "tr", text: `${date("tr", start)} için Londra'da iki kişilik bir otel, bir gece` },
    {
      tag: "de",
      text: `Hin- und Rückflug von Berlin nach Lissabon, ${date("de", start)} bis ${date("de", end)}, zwei Erwachsene`,
    },
    {
      tag: "es",
      text: `Un vuelo de Madrid a Roma el ${date("es", start)} y un hotel para tres noches`,
    },
  ];
}
