// From a card of a reply ({kind, data}) to what is shown. All of `data` is untrusted text.
import { h, icon } from "../dom.js";
import { label } from "../format.js";
import { find, plural } from "../i18n.js";
import { placesIn } from "../words.js";
import { offerCard, orderCard } from "./flights.js";
import { bookingCard, hotelCard, rateCard } from "./hotels.js";
import { facts, readable } from "./parts.js";

const SHOWN_AT_FIRST = 4;

const RENDERERS = {
  flight_offer: offerCard,
  hotel: hotelCard,
  hotel_rate: rateCard,
  order: orderCard,
  flight_order: orderCard,
  booking: bookingCard,
  hotel_booking: bookingCard,
};

/**
 * The cards of one reply.
 * @param {{kind: string, data: object}[]} cards
 * @param {{conversation: object, places: Map<string, string>, cancelled: Set<string>,
 *   choose: boolean}} context `cancelled`: ids of trips that no longer stand; `choose` false leaves
 *   out the buttons of offers (in turns that are past)
 */
export function cardList(cards, context) {
  if (cards.length === 0) return null;
  const items = cards.map((card) => h("li", {}, cardView(card, context)));
  const hidden = items.splice(SHOWN_AT_FIRST);
  const list = h("ul", { class: "cards" }, items);
  if (hidden.length === 0) return list;
  const summary = h("summary", {}, plural("cards.more", hidden.length), icon("chevron"));
  return [
    list,
    h("details", { class: "more-cards" }, summary, h("ul", { class: "cards" }, hidden)),
  ];
}

function cardView(card, context) {
  const data = card.data ?? {};
  const render = typeof data === "object" && RENDERERS[card.kind];
  const gone = context.cancelled.has(data.order_id ?? data.booking_id);
  return render
    ? render(gone ? { ...data, status: "cancelled" } : data, context)
    : plainCard(card.kind, data);
}

function plainCard(kind, data) {
  const entries = typeof data === "object" && data !== null ? Object.entries(data) : [["", data]];
  const rows = entries.map(([key, value]) => [key && label(key), readable(value, key)]);
  const title = find(`card.${kind}`) ?? label(kind ?? "");
  return h("article", { class: "card plain" }, h("h3", { text: title }), facts(rows));
}

/** City and airport names that replies and results have shown, by IATA code. */
export function placesOf(conversation) {
  const replies = conversation.turns.flatMap((turn) => turn.replies);
  const places = new Map(replies.flatMap((reply) => placesIn(reply.text)));
  for (const call of conversation.calls.values()) {
    if (call.name !== "find_places" || call.status !== "executed") continue;
    for (const place of call.result?.data ?? []) {
      if (place?.iata_code) places.set(place.iata_code, place.name);
    }
  }
  return places;
}
