// Runs before the first paint, so that a chosen theme never flashes; hence no module.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("callsign.theme");
  } catch {
    // Storage may be forbidden; the system's preference then decides.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
