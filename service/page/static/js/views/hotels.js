// Hotels with their rates, single rates, and hotel bookings.
import { h, icon } from "../dom.js";
import { days, instant, money, nights, term } from "../format.js";
import { currentLocale, plural, t } from "../i18n.js";
import { cancelButton, ticketHead } from "./flights.js";
import { facts, holdNote, party, readable } from "./parts.js";

const RATES_SHOWN = 3;

/** A hotel and what it offers. */
export function hotelCard(hotel, context) {
  const rates = (hotel.rates ?? []).map((rate) => rateRow(rate, hotel, context));
  const more =
    rates.length > RATES_SHOWN &&
    h(
      "details",
      { class: "more-rates" },
      h("summary", {}, plural("rates.more", rates.length - RATES_SHOWN), icon("chevron")),
      h("ul", { class: "rates" }, rates.slice(RATES_SHOWN)),
    );
  return h(
    "article",
    { class: "card hotel", "aria-label": hotel.name, data: { id: hotel.hotel_id ?? "" } },
    hotelHead(hotel, context),
    amenities(hotel.amenities),
    h("ul", { class: "rates" }, rates.slice(0, RATES_SHOWN)),
    more,
  );
}

function hotelHead(hotel, context) {
  const place = context.places.get(hotel.city_code) ?? hotel.city_code;
  const rating =
    hotel.rating !== undefined &&
    hotel.rating !== null &&
    h("span", {
      class: "rating num",
      "aria-label": t("rating", { rating: hotel.rating }),
      text: ratingText(hotel.rating),
    });
  return h(
    "header",
    { class: "hotel-head" },
    h(
      "div",
      {},
      h("h3", { text: hotel.name ?? "" }),
      h("p", { class: "muted" }, stars(hotel.stars), place && h("span", { text: place })),
    ),
    rating,
  );
}

function ratingText(rating) {
  const value = Number(rating);
  const style = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return Number.isNaN(value)
    ? String(rating)
    : new Intl.NumberFormat(currentLocale(), style).format(value);
}

function stars(count) {
  if (!(count > 0)) return null;
  const row = Array.from({ length: Math.min(count, 7) }, () => icon("star", "icon star"));
  return h("span", { class: "stars", role: "img", "aria-label": plural("stars", count) }, row);
}

function amenities(list) {
  if (!Array.isArray(list) || list.length === 0) return null;
  return h(
    "ul",
    { class: "amenities" },
    list.map((name) => h("li", { text: term(name) })),
  );
}

function rateRow(rate, hotel, context) {
  const perNight = rate.per_night && t("per_night", { price: money(rate.per_night) });
  const choose =
    context.choose &&
    h("button", {
      type: "button",
      class: "button primary small choose",
      text: t("choose"),
      "aria-label": t("choose.rate", {
        room: rate.room ?? "",
        hotel: hotel.name ?? "",
        price: money(rate.total),
      }),
      data: { send: "say.book_rate", value: rate.rate_id },
    });
  return h(
    "li",
    { class: "rate", data: { id: rate.rate_id ?? "" } },
    h(
      "div",
      { class: "rate-what" },
      h("span", { class: "rate-room", text: term(rate.room) }),
      h(
        "ul",
        { class: "notes" },
        rate.board && h("li", { text: term(rate.board) }),
        refundNote(rate.refundable_until),
        scarcity(rate.rooms_left),
      ),
    ),
    h(
      "div",
      { class: "price" },
      h("strong", { class: "num", text: money(rate.total) }),
      perNight && h("span", { class: "num", text: perNight }),
      holdNote(rate.expires_at),
    ),
    choose,
  );
}

function refundNote(until) {
  if (until === undefined) return null;
  if (until === null) return h("li", { class: "bad", text: t("not_refundable") });
  return h("li", { class: "good", text: t("refundable_until", { until: instant(until) }) });
}

function scarcity(left) {
  return left > 0 && left <= 3 ? h("li", { class: "bad", text: plural("rooms_left", left) }) : null;
}

/** One rate on its own, as when it was asked for again. */
export function rateCard(rate, context) {
  const hotel = rate.hotel ?? {};
  return h(
    "article",
    { class: "card hotel", data: { id: rate.rate_id ?? "" } },
    hotel.name && hotelHead(hotel, context),
    h("ul", { class: "rates" }, rateRow(rate, hotel, context)),
  );
}

/** A confirmed (or cancelled) hotel booking. */
export function bookingCard(booking, context) {
  const stay = days(booking.check_in_date, booking.check_out_date);
  const rate = booking.rate ?? {};
  return h(
    "article",
    { class: "card ticket", data: { id: booking.booking_id ?? "", status: booking.status ?? "" } },
    ticketHead(booking, "bed", t("card.booking")),
    booking.hotel && hotelHead(booking.hotel, context),
    facts([
      [
        t("stay"),
        `${stay} · ${plural("nights", nights(booking.check_in_date, booking.check_out_date))}`,
      ],
      [
        t("room"),
        [
          rate.room && term(rate.room),
          rate.board && term(rate.board),
          booking.rooms > 1 && plural("rooms", booking.rooms),
        ]
          .filter(Boolean)
          .join(" · "),
      ],
      [
        t("guests"),
        (booking.guests ?? []).map((it) => readable(it)).join(", ") || party(booking, plural),
      ],
      [t("total"), money(booking.total)],
    ]),
    h("ul", { class: "notes" }, refundNote(rate.refundable_until)),
    cancelButton(booking, "booking_id", "say.cancel_booking"),
  );
}
