// One turn: what was asked, what was done, what was answered.
import { h, icon } from "../dom.js";
import { operation } from "../format.js";
import { find, t } from "../i18n.js";
import { holderOf, isActive, pendingApproval, stepsOf } from "../model.js";
import { cancelledIn } from "../trips.js";
import { leadOf } from "../words.js";
import { approvalCard } from "./approval.js";
import { cardList, placesOf } from "./cards.js";
import { Region } from "./parts.js";
import { traceList, traceSummary } from "./trace.js";

/** Keeps one turn's element current: each of its parts is redrawn only when it changed. */
export class TurnView {
  constructor() {
    this.asked = new Region(h("div", { class: "asked" }));
    this.progress = new Region(h("div", { class: "progress", "aria-live": "off" }));
    this.replies = new Region(h("div", { class: "replies" }));
    this.approval = new Region(h("div", { class: "approval-slot" }));
    this.problem = new Region(h("div", { class: "problem-slot", role: "alert" }));
    this.summary = new Region(h("summary"));
    this.calls = new Region(h("div", { class: "trace-body" }));
    this.trace = h(
      "details",
      { class: "trace", hidden: true },
      this.summary.element,
      this.calls.element,
    );
    this.trace.addEventListener("toggle", () => this.#drawCalls());
    const parts = [this.progress, this.replies, this.approval, this.problem].map(
      (region) => region.element,
    );
    const author = h(
      "p",
      { class: "author" },
      h("span", { class: "mark", "aria-hidden": "true" }),
      t("agent"),
    );
    this.answer = h("div", { class: "answer" }, author, ...parts, this.trace);
    this.element = h("article", { class: "turn" }, this.asked.element, this.answer);
  }

  /** Shows `turn` of `conversation`; `busy` and `last` say which buttons make sense. */
  update(conversation, turn, { busy, last }) {
    this.current = { conversation, turn };
    this.element.dataset.status = turn.status;
    this.answer.hidden = turn.status === "unsent" && !turn.problem;
    this.asked.draw([turn.user, turn.decision], () => askedView(turn));
    this.#drawProgress(conversation, turn);
    const places = placesOf(conversation);
    const cancelled = cancelledIn(conversation);
    const marks = conversation.clock?.marks;
    this.replies.draw([turn.replies, last, [...places], [...cancelled], marks], () =>
      repliesView(turn, { conversation, places, cancelled, choose: last }),
    );
    const approval = shownApproval(conversation, turn);
    const bound = approval?.callIds.map((id) => conversation.calls.get(id)?.arguments);
    this.approval.draw(
      [approval, bound, busy, conversation.clock?.marks],
      () => approval && approvalCard(conversation, approval, busy),
    );
    this.problem.draw([turn.problem, turn.status], () => problemView(turn));
    this.#drawCalls();
  }

  #drawProgress(conversation, turn) {
    const steps = stepsOf(conversation, turn);
    const active = isActive(turn);
    this.progress.draw([turn.status, steps.map((it) => [it.id, it.status])], () =>
      progressView(turn, steps, active),
    );
  }

  #drawCalls() {
    const { conversation, turn } = this.current;
    const calls = turn.callIds.map((id) => conversation.calls.get(id)).filter(Boolean);
    this.trace.hidden = calls.length === 0;
    this.summary.draw(
      calls.map((it) => it.status),
      () => [
        h("span", { class: "trace-title", text: t("trace") }),
        h("span", { class: "muted", text: traceSummary(calls) }),
        icon("chevron"),
      ],
    );
    if (!this.trace.open) return;
    const said = conversation.turns.map((it) => it.user).filter((text) => text !== null);
    const nameOf = (id) => conversation.calls.get(id)?.name ?? null;
    this.calls.draw(calls, () => traceList(calls, { said, nameOf }));
  }
}

function askedView(turn) {
  if (turn.user !== null)
    return h(
      "p",
      { class: "bubble" },
      h("span", { class: "visually-hidden", text: `${t("you")}: ` }),
      h("bdi", { text: turn.user }),
    );
  return h(
    "p",
    { class: `decision ${turn.decision}` },
    icon(turn.decision === "approve" ? "check" : "close"),
    t(`you.${turn.decision}`),
  );
}

function progressView(turn, steps, active) {
  if (turn.status === "checking") return working(t("checking"));
  if (!active) return steps.length > 1 ? stepList(steps) : null;
  const now = steps.find((step) => step.status === "running" || step.status === "pending") ?? null;
  const words = now ? operation(now.name, "doing") : t("thinking");
  return [steps.length > 0 && stepList(steps), working(words)];
}

function working(words) {
  return h(
    "p",
    { class: "working" },
    h("span", { class: "pulse", "aria-hidden": "true" }),
    h("span", { text: words }),
  );
}

function stepList(steps) {
  const items = steps.map((step) => {
    const status = step.status ?? "pending";
    const mark =
      status === "executed" ? icon("check") : h("span", { class: "dot", "aria-hidden": "true" });
    return h(
      "li",
      { class: `step ${status}` },
      mark,
      h("span", { text: operation(step.name) }),
      h("span", { class: "visually-hidden", text: find(`status.${status}`) ?? "" }),
    );
  });
  return h("ol", { class: "steps", "aria-label": t("plan") }, items);
}

function repliesView(turn, context) {
  const calls = turn.callIds.map((id) => context.conversation.calls.get(id));
  // Where something failed, every word of what stands and what does not is shown.
  const whole = calls.some((call) => call?.status === "failed");
  return turn.replies.map((reply) => {
    const text = whole || reply.cards.length === 0 ? reply.text : leadOf(reply.text);
    return [
      text && h("p", { class: "reply" }, h("bdi", { text })),
      cardList(reply.cards, context),
    ];
  });
}

// A pending approval stands at the end of the conversation, a decided one where it was asked.
function shownApproval(conversation, turn) {
  const pending = pendingApproval(conversation);
  if (pending && holderOf(conversation, pending) === turn.key) return pending;
  const own = turn.approvalId === null ? null : conversation.approvals.get(turn.approvalId);
  const here = own && own.turnKey === turn.key && own.status !== "pending";
  return here ? own : null;
}

function problemView(turn) {
  const problem = turn.problem;
  if (!problem) return null;
  const title = find(`problem.${problem.code}`) ?? problem.detail ?? problem.title ?? t("problem");
  const details = (problem.errors ?? []).map((it) =>
    h("li", {}, h("code", { text: it.pointer ?? "" }), " ", it.message ?? ""),
  );
  const again =
    turn.status === "unsent" &&
    h("button", {
      type: "button",
      class: "button small",
      data: { retry: String(turn.key) },
      text: t("retry"),
    });
  const edit =
    turn.status === "unsent" &&
    turn.user !== null &&
    h("button", {
      type: "button",
      class: "button quiet small",
      data: { edit: String(turn.key) },
      text: t("edit"),
    });
  const request =
    problem.request_id && h("span", { class: "muted mono fine", text: problem.request_id });
  return h(
    "div",
    { class: "problem" },
    icon("alert"),
    h(
      "div",
      {},
      h("p", { text: title }),
      details.length > 0 && h("ul", {}, details),
      h("div", { class: "problem-actions" }, again, edit, request),
    ),
  );
}
