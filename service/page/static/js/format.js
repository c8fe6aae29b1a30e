// Values as people read them, in the page's language. Local times stay local: they are cut from
// the RFC 3339 text and never moved into the reader's zone.
import { currentLocale, find, plural, t } from "./i18n.js";

/** `{amount: "412.30", currency: "EUR"}` → "€412.30". The decimal string is not made a float. */
export function money(value) {
  if (!value?.amount) return "";
  try {
    const style = { style: "currency", currency: value.currency, currencyDisplay: "narrowSymbol" };
    return new Intl.NumberFormat(currentLocale(), style).format(value.amount);
  } catch {
    return `${value.amount} ${value.currency ?? ""}`.trim();
  }
}

/** "2027-03-03…" → "Wed 3 Mar 2027". */
export function day(text, { year = true } = {}) {
  const date = dateOf(text);
  if (!date) return String(text ?? "");
  const style = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(currentLocale(), {
    ...style,
    ...(year && { year: "numeric" }),
  }).format(date);
}

/** "2027-03-03", "2027-03-05" → "Wed 3 Mar – Fri 5 Mar 2027". */
export function days(from, to) {
  const [first, last] = [dateOf(from), dateOf(to)];
  if (!first || !last) return [from, to].filter(Boolean).join(" – ");
  const style = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  const format = new Intl.DateTimeFormat(currentLocale(), { ...style, timeZone: "UTC" });
  return format.formatRange(first, last);
}

/** "2027-03-03T08:10:00+03:00" → "08:10". */
export function wallTime(text) {
  return /T(\d\d:\d\d)/.exec(text ?? "")?.[1] ?? "";
}

/** Calendar days from one local time to another: 1 is "the next day". */
export function dayShift(from, to) {
  const [first, last] = [dateOf(from), dateOf(to)];
  return first && last ? Math.round((last - first) / 86_400_000) : 0;
}

/** Whole nights between two dates. */
export function nights(checkIn, checkOut) {
  return dayShift(checkIn, checkOut);
}

/** An ISO 8601 duration ("PT2H35M", "P1DT2H") or a number of minutes → "2 h 35 min". */
export function duration(value) {
  const minutes = typeof value === "number" ? value : isoMinutes(value);
  if (minutes === null) return "";
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  const parts = [
    hours > 0 && t("unit.hours", { count: hours }),
    rest > 0 && t("unit.minutes", { count: rest }),
  ];
  return parts.filter(Boolean).join(" ");
}

function isoMinutes(text) {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?)?$/.exec(text ?? "");
  if (!match) return null;
  const [days, hours, minutes] = match.slice(1).map((part) => Number(part ?? 0));
  return days * 1440 + hours * 60 + minutes;
}

/** Milliseconds → "29:05", or "3 h 10 min" and "2 days" where seconds do not matter. */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= 172_800) return plural("unit.days", Math.floor(seconds / 86_400));
  if (seconds >= 3600) return duration(Math.floor(seconds / 60));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** An RFC 3339 instant as a date and time in its own offset. */
export function instant(text) {
  const time = wallTime(text);
  return time ? `${day(text)}, ${time}` : day(text);
}

/** A stored instant, as a short date in the reader's zone: "14:05" today, else "3 Mar". */
export function recent(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return "";
  const today = date.toDateString() === new Date().toDateString();
  const style = today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(currentLocale(), style).format(date);
}

/** "book_flight" → its words in the catalogue, else "Book flight". */
export function operation(name, tense = "op") {
  return find(`${tense}.${name}`) ?? find(`op.${name}`) ?? humanise(name);
}

/** "cabin_class" → the catalogue's label, else "Cabin class". */
export function label(key) {
  return find(`field.${key}`) ?? humanise(key);
}

/** An enum's value: the catalogue's words, else its own with spaces. */
export function term(value) {
  return find(`term.${value}`) ?? humanise(value);
}

function humanise(name) {
  const words = String(name ?? "")
    .replaceAll("_", " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function dateOf(text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)/.exec(text ?? "");
  return match
    ? new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])))
    : null;
}
