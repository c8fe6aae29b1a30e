// The page's words: one JSON catalogue per language, chosen by the browser unless the user did.
import { recall, remember } from "./storage.js";

export const LANGUAGES = { en: "English", tr: "Türkçe", de: "Deutsch", es: "Español" };

const loaded = new Map();
let language = "en";
let catalogue = {};

/** Loads the user's language; call before anything is shown. */
export async function startLanguage() {
  const wanted = [recall("language"), ...navigator.languages].map((tag) => (tag ?? "").slice(0, 2));
  await setLanguage(wanted.find((tag) => tag in LANGUAGES) ?? "en");
}

/** Switches the page's language, and remembers it when the user chose it. */
export async function setLanguage(tag, { chosen = false } = {}) {
  catalogue = await load(tag);
  language = tag;
  document.documentElement.lang = tag;
  if (chosen) remember("language", tag);
}

export function currentLanguage() {
  return language;
}

/** The page's language with the reader's region where the browser names one: "en-GB". */
export function currentLocale() {
  return navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
}

/** The text under `key` with `{name}` filled in; null where the catalogue has none. */
export function find(key, values = {}) {
  return fill(catalogue[key], values);
}

/** As `find`; a missing key shows itself, so that it is noticed. */
export function t(key, values = {}) {
  return find(key, values) ?? key;
}

/** The form of `key` for a count: `key.one` or `key.other` by the language's plural rules. */
export function plural(key, count) {
  const form = new Intl.PluralRules(language).select(count);
  return find(`${key}.${form}`, { count }) ?? t(`${key}.other`, { count });
}

/** A text in another language than the page's, for words sent into the conversation. */
export async function inLanguage(tag, key, values) {
  const words = tag in LANGUAGES ? await load(tag) : catalogue;
  return fill(words[key], values) ?? t(key, values);
}

function load(tag) {
  if (!loaded.has(tag)) {
    const request = fetch(`/static/i18n/${tag}.json`).then((response) => response.json());
    loaded.set(tag, request);
    request.catch(() => loaded.delete(tag));
  }
  return loaded.get(tag);
}

function fill(template, values) {
  if (template === undefined) return null;
  return template.replace(/\{(\w+)\}/g, (_match, name) => String(values[name] ?? ""));
}
