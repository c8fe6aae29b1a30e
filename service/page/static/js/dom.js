// Building DOM without markup: every string becomes a text node, so API text can never be HTML.

/**
 * An element. `props`: `class`, `text`, `on` ({event: handler}), `data` (dataset), any attribute
 * (true sets it empty; false, null and undefined leave it out). Children: nodes, strings, arrays;
 * null and false are skipped.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  append(element, children);
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") element.className = value;
  else if (name === "text") element.textContent = value;
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "on") {
    for (const [type, handler] of Object.entries(value)) element.addEventListener(type, handler);
  } else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts `children` in place of whatever `element` holds. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

const PATHS = {
  send: "M12 19V5m0 0-6 6m6-6 6 6",
  menu: "M4 7h16M4 12h16M4 17h10",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m6 9 6 6 6-6",
  trash: "M5 7h14M10 7V5h4v2m-7 0 1 12h8l1-12",
  plane: "M3.5 13.5 21 4.5l-5.5 15-3.6-6.2-8.4.2Zm8.4-.2L21 4.5",
  bed: "M4 18v-5h16v5M4 13V7m16 6v-2a3 3 0 0 0-3-3h-6v5M4 16h16M7.5 10.5h0",
  star: "m12 4.5 2.3 4.8 5.2.7-3.8 3.6 1 5.2-4.7-2.6-4.7 2.6 1-5.2L4.500 10l5.200-.7z",
  clock: "M12 7.500V12l3 2M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Z",
  shield: "M12 4l7 2.500V12c0 4-3 6.800-7 8-4-1.200-7-4-7-8V6.500L12 4Zm-3 8 2.200 2.200L15.500 10",
  alert: "M12 8v5m0 3.200v0M12 4 3.500 19h17L12 4Z",
  sun: "M12 4V2m0 20v-2m8-8h2M2 12h2m13.700-5.700 1.400-1.400M4.900 19.100l1.400-1.400m0-11.400L4.900 4.900m14.200 14.200-1.400-1.400M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z",
  moon: "M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10Z",
  auto: "M12 4a8 8 0 1 0 0 16V4Zm0 0a8 8 0 0 1 0 16",
  ticket: "M4 8.500V6h16v2.500a3.500 3.500 0 0 0 0 7V18H4v-2.500a3.500 3.500 0 0 0 0-7ZM14 6v12",
};

/** A decorative 24-unit line icon; the text beside it, or the button's label, carries the meaning. */
export function icon(name, className = "icon") {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.ticket);
  svg.append(path);
  return svg;
}
