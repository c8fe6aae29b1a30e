// Questions that interrupt: the browser's own modal dialog keeps focus and Escape right.
import { h } from "../dom.js";
import { t } from "../i18n.js";

/** Asks before a conversation is deleted. @returns {Promise<boolean>} */
export async function confirmDelete(title) {
  const body = [
    h("h2", { id: "dialog-title", text: t("delete.title") }),
    h("p", { text: t("delete.body", { title }) }),
  ];
  return (await ask(body, t("delete"), "danger")) !== null;
}

/** Asks for an access key. @returns {Promise<string|null>} */
export async function askKey() {
  const field = h("input", {
    type: "password",
    name: "key",
    id: "key",
    autocomplete: "off",
    required: true,
  });
  const body = [
    h("h2", { id: "dialog-title", text: t("key.title") }),
    h("p", { text: t("key.body") }),
    h("label", { for: "key", text: t("key.label") }),
    field,
  ];
  const answer = await ask(body, t("key.use"), "primary");
  return answer === null ? null : field.value.trim();
}

function ask(body, action, tone) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      body,
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", {
          type: "submit",
          class: "button",
          value: "cancel",
          formnovalidate: true,
          text: t("cancel"),
        }),
        h("button", { type: "submit", class: `button ${tone}`, value: "go", text: action }),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go" ? "go" : null);
    });
  });
}
