// Small preferences in the browser. Storage may be forbidden or full; the page works without.

/** The stored string, or null. */
export function recall(name, storage = localStorageOrNull()) {
  try {
    return storage?.getItem(`callsign.${name}`) ?? null;
  } catch {
    return null;
  }
}

/** Stores a string; null forgets it. */
export function remember(name, value, storage = localStorageOrNull()) {
  try {
    if (value === null) storage?.removeItem(`callsign.${name}`);
    else storage?.setItem(`callsign.${name}`, value);
  } catch {
    // A preference that cannot be kept is not worth an interruption.
  }
}

function localStorageOrNull() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** The storage that ends with the tab, or null: for secrets. */
export function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
