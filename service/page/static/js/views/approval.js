// The approval: what will be done, what it costs, under which terms, and until when.
import { h, icon } from "../dom.js";
import { label, money, operation } from "../format.js";
import { t } from "../i18n.js";
import { facts, holdNote, readable } from "./parts.js";
import { leaves } from "./trace.js";

const WELL_KNOWN = ["passengers", "guests", "contact_email"];

/** `approval` and its calls as in model.js; `busy` disables the buttons. */
export function approvalCard(conversation, approval, busy) {
  const calls = approval.callIds.map((id) => conversation.calls.get(id)).filter(Boolean);
  const pending = approval.status === "pending";
  const title = t(pending ? "approval" : `approval.${approval.status}`);
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
      pending && holdNote(conversation, approval.expires_at),
    ),
    h("p", { class: "approval-summary", text: approval.summary ?? "" }),
    pending && totals(approval, calls),
    pending && facts([...people(calls), ...terms(approval.terms)], "facts terms"),
    exactly(approval, calls),
    pending && buttons(approval, calls, busy),
  );
}

function totals(approval, calls) {
  const amounts = approval.total ? [approval.total] : (approval.totals ?? []);
  if (amounts.length === 0) return null;
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

function people(calls) {
  const rows = [];
  for (const key of WELL_KNOWN) {
    const values = calls.map((call) => call.arguments?.[key]).filter(Boolean);
    const texts = [...new Set(values.map((value) => readable(value, key)))];
    if (texts.length > 0) rows.push([label(key), texts.join("; ")]);
  }
  return rows;
}

// Terms come by label; with several calls the service may group them by call.
function terms(all) {
  return Object.entries(all ?? {}).flatMap(([key, value]) => {
    const grouped = value !== null && typeof value === "object" && !("amount" in value);
    if (grouped && !Array.isArray(value)) return terms(value);
    if (value === null && key === "refundable_until") return [[label("refundable"), t("no")]];
    return [[label(key), readable(value, key)]];
  });
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
