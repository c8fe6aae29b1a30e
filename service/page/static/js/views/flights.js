// Flight offers and the slices that orders share with them.
import { h, icon } from "../dom.js";
import { day, dayShift, duration, money, term, wallTime } from "../format.js";
import { plural, t } from "../i18n.js";
import { facts, holdNote, party, readable } from "./parts.js";

/** One offer as a card. `context`: {conversation, places, choose, disabled} as in cards.js. */
export function offerCard(offer, context) {
  const terms = h(
    "ul",
    { class: "notes" },
    conditionNotes(offer.conditions),
    baggageNotes(offer.baggage),
    seatsNote(offer),
  );
  const price = h(
    "div",
    { class: "price" },
    h("strong", { class: "num", text: money(offer.total) }),
    h("span", { text: party(offer.passengers, plural) }),
  );
  const choose = context.choose && chooseButton(offer, context);
  const foot = h(
    "div",
    { class: "card-foot" },
    holdNote(offer.expires_at),
    choose,
  );
  const slices = (offer.slices ?? []).map((slice) => sliceView(slice, context));
  const label = routeText(offer.slices, context.places);
  return h(
    "article",
    { class: "card flight", "aria-label": label, data: { id: offer.offer_id ?? "" } },
    h(
      "div",
      { class: "flight-body" },
      h("div", { class: "slices" }, slices, terms),
      h(
        "div",
        { class: "fare" },
        price,
        h("span", { class: "tag", text: term(offer.cabin_class) }),
        foot,
      ),
    ),
  );
}

function chooseButton(offer, context) {
  return h("button", {
    type: "button",
    class: "button primary small choose",
    text: t("choose"),
    "aria-label": t("choose.flight", {
      route: routeText(offer.slices, context.places),
      price: money(offer.total),
    }),
    data: { send: "say.book_offer", value: offer.offer_id },
  });
}

/** "IST to BER, IST…": the route in words, for labels. */
export function routeText(slices, places) {
  const name = (code) => places.get(code) ?? code;
  const legs = (slices ?? []).map((slice) =>
    t("route", { from: name(slice.origin), to: name(slice.destination) }),
  );
  return legs.join("; ");
}

/** One direction of a journey: times, places, stops, and its segments on demand. */
export function sliceView(slice, context) {
  const segments = slice.segments ?? [];
  const [first, last] = [segments[0] ?? {}, segments.at(-1) ?? {}];
  const shift = dayShift(first.departing_at, last.arriving_at);
  const route = h(
    "div",
    { class: "route" },
    endpoint(wallTime(first.departing_at), first.origin ?? slice.origin, context.places),
    h(
      "div",
      { class: "path" },
      h("span", { class: "num", text: duration(slice.duration) }),
      h("span", { class: "line" }, icon("plane")),
      h("span", { text: stopsText(slice) }),
    ),
    endpoint(
      wallTime(last.arriving_at),
      last.destination ?? slice.destination,
      context.places,
      shift,
    ),
  );
  const head = h(
    "div",
    { class: "slice-head" },
    carrierMark(first.carrier),
    h("span", { class: "slice-carrier", text: carriersText(segments) }),
    h("span", { class: "slice-date", text: day(slice.departure_date ?? first.departing_at) }),
  );
  return h("div", { class: "slice" }, head, route, segments.length > 1 && segmentList(segments));
}

function endpoint(time, code, places, shift = 0) {
  const later =
    shift !== 0 &&
    h("sup", {
      class: "shift",
      "aria-label": plural("shift", shift),
      text: shift > 0 ? `+${shift}` : `−${-shift}`,
    });
  const city = places.get(code);
  return h(
    "div",
    { class: "endpoint" },
    h("span", { class: "time num" }, time, later),
    h("span", { class: "code", text: code ?? "" }),
    city && h("span", { class: "city", text: city }),
  );
}

function carrierMark(code) {
  return h("span", { class: "carrier", "aria-hidden": "true", text: code ?? "" });
}

function carriersText(segments) {
  const names = segments.map((it) =>
    `${it.carrier_name ?? it.carrier ?? ""} ${flightNumber(it)}`.trim(),
  );
  return [...new Set(names)].join(", ");
}

function flightNumber(segment) {
  const number = String(segment.flight_number ?? "");
  return number.startsWith(segment.carrier) ? number : `${segment.carrier ?? ""}${number}`;
}

function stopsText(slice) {
  const stops = slice.stops ?? Math.max(0, (slice.segments?.length ?? 1) - 1);
  return stops === 0 ? t("direct") : plural("stops", stops);
}

function segmentList(segments) {
  const rows = segments.map((it) =>
    h(
      "li",
      {},
      h("span", {
        class: "num",
        text: `${wallTime(it.departing_at)} ${it.origin} → ${wallTime(it.arriving_at)} ${it.destination}`,
      }),
      h("span", { class: "muted", text: `${flightNumber(it)} · ${duration(it.duration)}` }),
    ),
  );
  return h(
    "details",
    { class: "segments" },
    h("summary", {}, t("segments"), icon("chevron")),
    h("ol", {}, rows),
  );
}

/** What the conditions say, as list items. */
export function conditionNotes(conditions) {
  if (!conditions) return [];
  const notes = [];
  if (typeof conditions.refundable === "boolean") {
    notes.push(
      h("li", {
        class: conditions.refundable ? "good" : "bad",
        text: t(conditions.refundable ? "refundable" : "not_refundable"),
      }),
    );
  }
  for (const key of ["cancel_fee", "change_fee"]) {
    const fee = conditions[key];
    if (fee?.amount)
      notes.push(
        h("li", {
          text: Number(fee.amount) === 0 ? t(`${key}.free`) : t(`${key}.of`, { fee: money(fee) }),
        }),
      );
  }
  return notes;
}

function baggageNotes(baggage) {
  if (baggage === null || baggage === undefined) return [];
  if (typeof baggage !== "object") return [h("li", { text: readable(baggage) })];
  const known = Object.entries(baggage).filter(([, value]) => typeof value === "number");
  const items = known.map(([kind, count]) => bagText(kind, count));
  return items.length > 0
    ? items.map((text) => h("li", { text }))
    : [h("li", { text: readable(baggage) })];
}

function bagText(kind, count) {
  const checked = /check|hold/.test(kind);
  if (/kg|weight/.test(kind)) return t("bag.kg", { count });
  if (checked && count === 0) return t("bag.none");
  return plural(checked ? "bag.checked" : "bag.cabin", count);
}

function seatsNote(offer) {
  const left = offer.seats_left;
  return left > 0 && left <= 4 ? h("li", { class: "bad", text: plural("seats", left) }) : null;
}

/** A confirmed (or cancelled) flight order. */
export function orderCard(order, context) {
  const people = (order.passengers ?? []).map((it) => readable(it)).join(", ");
  return h(
    "article",
    { class: "card ticket", data: { id: order.order_id ?? "", status: order.status ?? "" } },
    ticketHead(order, "plane", t("card.order")),
    h(
      "div",
      { class: "slices" },
      (order.slices ?? []).map((slice) => sliceView(slice, context)),
    ),
    facts([
      [t("passengers"), people],
      [t("field.cabin_class"), order.cabin_class && term(order.cabin_class)],
      [t("total"), money(order.total)],
    ]),
    h("ul", { class: "notes" }, conditionNotes(order.conditions)),
    cancelButton(order, "order_id", "say.cancel_order"),
  );
}

/** The torn-off top of a ticket: reference and status. */
export function ticketHead(trip, symbol, title) {
  const cancelled = trip.status === "cancelled";
  return h(
    "header",
    { class: "ticket-head" },
    h(
      "div",
      { class: "ticket-title" },
      icon(symbol),
      h("span", { text: title }),
      h("span", {
        class: cancelled ? "chip bad" : "chip good",
        text: term(trip.status ?? "confirmed"),
      }),
    ),
    h(
      "div",
      { class: "reference" },
      h("span", { class: "muted", text: t("reference") }),
      h("strong", { class: "mono", text: trip.booking_reference ?? "" }),
    ),
  );
}

/** Asks the agent to cancel; it quotes the refund and asks for approval first. */
export function cancelButton(trip, key, phrase) {
  if (trip.status === "cancelled" || !trip[key]) return null;
  return h(
    "div",
    { class: "card-foot" },
    h("button", {
      type: "button",
      class: "button quiet small",
      text: t("cancel.ask"),
      data: { send: phrase, value: trip[key] },
    }),
  );
}
