// A conversation as the page sees it: pure functions over plain objects, no DOM, no network.
//
// conversation: {id, sandbox, language, clock, turns, calls: Map, approvals: Map}
// turn:      {key, user, decision, steps, callIds, replies, approvalId, status, problem}
// call:      {id, name, arguments, effect, status, provenance, rejections, result}
// approval:  {id, digest, summary, total, totals, terms, expires_at, callIds, status, turnKey}
// A turn's status: running | done | unsent | checking. An approval's: pending | approved |
// declined | changed | expired | price_changed | closed (decided or void, which one is not known).

export function emptyConversation(id = null) {
  return {
    id,
    sandbox: null,
    language: null,
    clock: null,
    turns: [],
    calls: new Map(),
    approvals: new Map(),
  };
}

/** Adds a turn and returns it. `user` is the typed message, or null for a decision. */
export function openTurn(conversation, { user = null, decision = null } = {}) {
  const turn = {
    key: conversation.turns.length,
    user,
    decision,
    steps: [],
    callIds: [],
    replies: [],
    approvalId: null,
    status: "running",
    problem: null,
  };
  conversation.turns.push(turn);
  return turn;
}

/** The approval that waits for a decision, or null. */
export function pendingApproval(conversation) {
  const pending = [...conversation.approvals.values()].filter((it) => it.status === "pending");
  return pending.at(-1) ?? null;
}

/**
 * Key of the turn where a pending approval stands: the last one that is over, so that it is always
 * at hand, yet does not jump while a decision on it is under way.
 */
export function holderOf(conversation, approval) {
  const over = conversation.turns.filter((turn) => !isActive(turn));
  return Math.max(approval.turnKey, over.at(-1)?.key ?? 0);
}

/** Whether a turn runs, or may: nothing else can be sent meanwhile. */
export function isActive(turn) {
  return turn?.status === "running" || turn?.status === "checking";
}

/** The plan as shown: its announced steps, else the calls themselves, with their live status. */
export function stepsOf(conversation, turn) {
  const calls = turn.callIds.map((id) => conversation.calls.get(id)).filter(Boolean);
  const known = new Map(calls.map((call) => [call.id, call]));
  const planned = turn.steps.map((step) => ({
    ...step,
    status: known.get(step.id)?.status ?? step.status,
  }));
  const extra = calls.filter((call) => !turn.steps.some((step) => step.id === call.id));
  return [...planned, ...extra].filter((step) => step.status !== "rejected");
}

/** Puts one streamed event of a turn into the conversation. Unknown types are left alone. */
export function applyStreamed(conversation, turn, type, data) {
  STREAMED[type]?.(conversation, turn, data);
}

const STREAMED = {
  plan: (_conversation, turn, data) => {
    turn.steps = data.steps ?? [];
  },
  call: (conversation, turn, data) => putCall(conversation, turn, data),
  observation: (conversation, turn, data) => {
    putCall(conversation, turn, {
      id: data.id,
      status: observed(data.status),
      result: data.result,
    });
  },
  approval: (conversation, turn, data) => putApproval(conversation, turn, data),
  message: (_conversation, turn, data) => {
    turn.replies.push({ text: data.text ?? "", cards: data.cards ?? [] });
  },
  error: (_conversation, turn, data) => {
    turn.problem = data;
  },
  done: (conversation, turn, data) => {
    for (const call of data.calls ?? []) putCall(conversation, turn, call);
    // A turn that ends by asking repeats the approval's summary as its reply; its card says it.
    if (turn.replies.length === 0 && data.reply?.text && !data.approval) {
      turn.replies.push({ text: data.reply.text, cards: data.reply.cards ?? data.cards ?? [] });
    }
    if (data.approval) putApproval(conversation, turn, data.approval);
    closeOthers(conversation, data.approval?.id ?? null);
    turn.status = "done";
  },
};

function observed(status) {
  if (typeof status !== "number") return status ?? "executed";
  return status >= 200 && status < 300 ? "executed" : "failed";
}

function putCall(conversation, turn, call) {
  const before = conversation.calls.get(call.id) ?? {
    arguments: {},
    provenance: {},
    rejections: [],
  };
  conversation.calls.set(call.id, { ...before, ...call });
  if (!turn.callIds.includes(call.id)) turn.callIds.push(call.id);
}

function putApproval(conversation, turn, data) {
  const before = conversation.approvals.get(data.id) ?? { terms: {}, totals: [], callIds: [] };
  const callIds = data.calls?.map((call) => call.id ?? call) ?? data.call_ids ?? before.callIds;
  const status = "pending";
  const turnKey = before.turnKey ?? turn.key;
  const approval = { ...before, ...data, callIds, status, turnKey };
  conversation.approvals.set(data.id, approval);
  turn.approvalId = data.id;
}

function closeOthers(conversation, pendingId) {
  for (const approval of conversation.approvals.values()) {
    if (approval.status === "pending" && approval.id !== pendingId) approval.status = "closed";
  }
}

/** The conversation that an event log tells (the log is the whole state). */
export function foldLog(id, events) {
  const conversation = emptyConversation(id);
  let turn = null;
  for (const event of events) {
    if (event.type === "user_message") turn = openTurn(conversation, { user: event.content });
    else if (turn?.status === "done") turn = openTurn(conversation);
    LOGGED[event.type]?.(conversation, turn, event);
  }
  return conversation;
}

const LOGGED = {
  conversation_started: (conversation, _turn, event) => {
    conversation.sandbox = event.sandbox;
  },
  user_message: (conversation, _turn, event) => {
    setClock(conversation, event.now);
    conversation.language = event.language;
  },
  plan_made: (_conversation, turn, event) => {
    turn?.steps.push(...event.steps);
  },
  call_rejected: (conversation, turn, event) => {
    putLogged(conversation, turn, event, { status: "rejected", rejections: event.rejections });
  },
  call_cleared: (conversation, turn, event) => {
    const status = event.effect === "write" ? "awaiting_approval" : "running";
    putLogged(conversation, turn, event, {
      status,
      effect: event.effect,
      provenance: event.provenance,
    });
  },
  call_observed: (conversation, turn, event) => {
    const status = event.ok ? "executed" : "failed";
    if (turn) putCall(conversation, turn, { id: event.call_id, status, result: event.result });
  },
  approval_requested: (conversation, turn, event) => {
    if (turn) putApproval(conversation, turn, { ...event, id: event.approval_id });
  },
  approval_decided: decided,
  approval_voided: (conversation, _turn, event) => {
    const approval = conversation.approvals.get(event.approval_id);
    if (approval) approval.status = event.reason;
  },
  replied: (conversation, turn, event) => {
    conversation.language = event.language;
    turn?.replies.push({ text: event.text, cards: event.cards ?? [] });
  },
  turn_ended: (_conversation, turn, event) => {
    if (!turn) return;
    turn.status = "done";
    if (event.reason === "failed" || (event.reason === "exhausted" && turn.replies.length === 0)) {
      turn.problem = { code: `turn_${event.reason}` };
    }
  },
};

function putLogged(conversation, turn, event, rest) {
  if (!turn) return;
  putCall(conversation, turn, {
    id: event.call_id,
    name: event.name,
    arguments: event.arguments,
    ...rest,
  });
}

function decided(conversation, turn, event) {
  const approval = conversation.approvals.get(event.approval_id);
  setClock(conversation, event.now);
  if (!turn || !approval) return;
  if (turn.user === null) turn.decision = event.decision;
  const approved = event.decision === "approve";
  approval.status = approved ? "approved" : "declined";
  for (const id of approval.callIds)
    putCall(conversation, turn, { id, status: approved ? "running" : "declined" });
}

function setClock(conversation, now) {
  const marks = (conversation.clock?.marks ?? 0) + 1;
  conversation.clock = { now: Date.parse(now), marks, seenAt: performance.now() };
}

/** The log's view in place of the streamed one, keeping when an unchanged clock was read. */
export function reconcile(current, fresh) {
  if (current.clock && fresh.clock?.marks === current.clock.marks) fresh.clock = current.clock;
  return fresh;
}

/**
 * Milliseconds until `instant` by the conversation's clock, or null where that is not known. The
 * sandbox's clock may stand still; counting on from the last time seen errs on the early side.
 */
export function timeLeft(conversation, instant) {
  const end = Date.parse(instant ?? "");
  if (Number.isNaN(end) || conversation.clock === null) return null;
  return end - conversation.clock.now - (performance.now() - conversation.clock.seenAt);
}
