// Evaluated in the page: what a person using a keyboard, a screen reader or weak eyes would miss.
() => {
  const visible = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    element.getClientRects().length > 0;
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  function rgba(color) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  function over(top, below) {
    return [0, 1, 2].map((index) => top[index] * top[3] + below[index] * (1 - top[3]));
  }

  function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement)
      layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  }

  function luminance(color) {
    const [red, green, blue] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  // WCAG 2.2, 1.4.3: 4.5, or 3 for large text.
  function contrastFault(element) {
    const style = getComputedStyle(element);
    const below = background(element);
    const [low, high] = [luminance(over(rgba(style.color), below)), luminance(below)].sort(
      (a, b) => a - b,
    );
    const ratio = (high + 0.05) / (low + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    return ratio < (large ? 3 : 4.5)
      ? `${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`
      : null;
  }

  const texts = [...document.body.querySelectorAll("*")].filter((element) => {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.trim(),
    );
    return own && visible(element) && !element.closest(":disabled, .visually-hidden, .skip");
  });

  const controls = [
    ...document.querySelectorAll("button, a, input, select, textarea, summary"),
  ].filter(visible);
  const nameless = controls.filter((element) => {
    const label =
      element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
    return !label.trim();
  });
  const small = controls.filter(
    (element) => !element.closest(".skip") && element.getBoundingClientRect().height < 24,
  );
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);

  return {
    contrast: texts.map(contrastFault).filter(Boolean),
    nameless: nameless.map((element) => element.outerHTML.slice(0, 120)),
    small: small.map((element) => element.outerHTML.slice(0, 120)),
    doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    untranslated: texts
      .map((element) => element.textContent)
      .filter((text) => /^[a-z]+(\.[a-z_]+)+$/.test(text)),
  };
};
