// The approval: what will be done, what it costs, under which terms, and until when.
import { h, icon } from "../dom.js";
import { money, operation } from "../format.js";
import { t } from "../i18n.js";
import { summarySections } from "../words.js";
import { facts, holdNote } from "./parts.js";
import { leaves } from "./trace.js";

/** `approval` and its calls as in model.js; `busy` disables the buttons. */
export function approvalCard(conversation, approval, busy) {
  const calls = approval.callIds.map((id) => conversation.calls.get(id)).filter(Boolean);
  const pending = approval.status === "pending";
  const title = t(pending ? "approval" : `approval.${approval.status}`);
  const amounts = approval.total ? [approval.total] : (approval.totals ?? []);
  const sections = summarySections(approval.summary, amounts, approval.expires_at);
  return h(
    "section",
    {
      class: `approval ${approval.status}`,
      "aria-label": title,
      data: { approval: approval.id, status: approval.status },
    },
    h(
      "header",
      { class: "approval-head" },
      icon("shield"),
      h("h3", { text: title }),
      pending && holdNote(approval.expires_at),
    ),
    sections.map(sectionView),
    amounts.length > 0 && totals(amounts, calls),
    exactly(approval, calls),
    pending && buttons(approval, calls, busy),
  );
}

function sectionView({ title, lines, rows }) {
  return h(
    "div",
    { class: "approval-summary" },
    title && h("h4", { text: title }),
    lines.map((line) => h("p", { text: line })),
    rows.length > 0 && facts(rows, "facts terms"),
  );
}

function totals(amounts, calls) {
  const name = isRefund(calls) ? t("refund") : t("total");
  return h(
    "p",
    { class: "approval-total" },
    h("span", { class: "muted", text: name }),
    h("strong", { class: "num", text: amounts.map(money).join(" + ") }),
  );
}

function isRefund(calls) {
  return calls.length > 0 && calls.every((call) => /cancellation/.test(call.name));
}

function exactly(approval, calls) {
  const blocks = calls.map((call) => [
    h("h4", {}, operation(call.name), " ", h("code", { text: call.name })),
    facts(
      leaves(call.arguments).map(([pointer, value]) => [
        h("code", { text: pointer }),
        String(value),
      ]),
      "facts exact",
    ),
  ]);
  const digest =
    approval.digest &&
    h(
      "p",
      { class: "muted digest" },
      t("approval.digest"),
      " ",
      h("code", { text: approval.digest }),
    );
  return h(
    "details",
    { class: "exactly" },
    h("summary", {}, t("approval.exactly"), icon("chevron")),
    blocks,
    digest,
  );
}

function buttons(approval, calls, busy) {
  const amount = approval.total && !isRefund(calls) ? money(approval.total) : "";
  const yes = amount ? t("approve.for", { total: amount }) : t("approve");
  return h(
    "div",
    { class: "approval-buttons" },
    h("button", {
      type: "button",
      class: "button primary",
      disabled: busy,
      data: { decide: "approve" },
      text: yes,
    }),
    h("button", {
      type: "button",
      class: "button",
      disabled: busy,
      data: { decide: "decline" },
      text: t("decline"),
    }),
    h("p", { class: "muted fine", text: t("approval.nothing_yet") }),
  );
}
