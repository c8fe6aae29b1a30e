// What the page is doing: one open conversation, the history, and the actions on them.
//
// A message is never sent twice. Whenever it is unclear whether a request was carried out, the
// conversation's event log is asked, and only a message that the log does not hold is sent again.
import * as api from "./api.js";
import {
  applyStreamed,
  emptyConversation,
  foldLog,
  isActive,
  openTurn,
  pendingApproval,
  reconcile,
} from "./model.js";
import { tripsOf } from "./trips.js";

const POLL_MS = [400, 700, 1200, 2000];
const READ_TRIES_MS = [0, 500, 1500];
const STALLED_MS = 90_000;
const TRIPS_LOOK_BACK = 24;

export class Session {
  /** @param {() => void} onChange called after every change of what can be seen */
  constructor(onChange) {
    this.onChange = onChange;
    this.sandbox = new URLSearchParams(location.search).get("sandbox");
    this.conversation = emptyConversation();
    this.history = { rows: [], next: null, problem: null };
    this.loading = false;
    this.problem = null;
    this.pastTrips = new Map();
  }

  /** True while a turn runs, so that nothing else can be sent. */
  get busy() {
    return this.loading || this.conversation.turns.some(isActive);
  }

  /** Begins anew; the conversation is created with its first message. */
  startNew() {
    this.conversation = emptyConversation();
    this.loading = false;
    this.problem = null;
    this.onChange();
  }

  /** Shows a conversation from its log, and follows a turn that still runs. */
  async open(id) {
    this.conversation = emptyConversation(id);
    this.problem = null;
    this.loading = true;
    this.onChange();
    const opened = this.conversation;
    try {
      const fresh = foldLog(id, await readLog(id));
      if (this.conversation !== opened) return;
      this.conversation = fresh;
      this.loading = false;
      this.onChange();
      if (fresh.turns.at(-1)?.status === "running") await this.#follow(fresh);
    } catch (error) {
      if (this.conversation !== opened) return;
      this.loading = false;
      this.problem = problemOf(error);
      this.onChange();
    }
  }

  /** Sends what the user typed. Does nothing while a turn runs. */
  async send(content) {
    if (this.busy) return;
    dropUnsent(this.conversation);
    const turn = openTurn(this.conversation, { user: content });
    await this.#attempt(this.conversation, turn);
  }

  /** Sends the user's decision on the pending approval. */
  async decide(decision) {
    const approval = pendingApproval(this.conversation);
    if (this.busy || !approval) return;
    dropUnsent(this.conversation);
    const turn = openTurn(this.conversation, { decision });
    turn.decides = approval.id;
    await this.#attempt(this.conversation, turn);
  }

  /** Tries an unsent turn again, after asking the log whether it had arrived after all. */
  async retry(turn) {
    if (this.busy || turn.status !== "unsent") return;
    const lost = turn.problem?.status === 404;
    if (lost && turn.user !== null) {
      this.startNew();
      await this.send(turn.user);
      return;
    }
    const conversation = this.conversation;
    const known = conversation.id === null ? "absent" : await this.#settle(conversation, turn);
    if (known === "absent") await this.#attempt(conversation, turn);
  }

  /** Forgets a conversation on the service; one that is gone already is forgotten as well. */
  async remove(id) {
    try {
      await api.deleteConversation(id);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status !== 404) {
        this.history = { ...this.history, kept: problem };
        this.onChange();
        return;
      }
    }
    this.pastTrips.delete(id);
    if (this.conversation.id === id) this.startNew();
    await this.loadHistory();
  }

  /** Reads the newest page of the history, or the next one. */
  async loadHistory({ more = false } = {}) {
    try {
      const page = await api.listConversations(more ? this.history.next : null);
      const rows = more ? [...this.history.rows, ...page.rows] : page.rows;
      this.history = { rows, next: page.next, problem: null };
    } catch (error) {
      this.history = { ...this.history, problem: problemOf(error) };
    }
    this.onChange();
  }

  /** Everything booked in this conversation and the ones before, newest conversation first. */
  trips() {
    const known = new Map(tripsOf(this.conversation).map((trip) => [trip.id, trip]));
    for (const row of this.history.rows) {
      for (const trip of this.pastTrips.get(row.id)?.trips ?? []) {
        if (!known.has(trip.id)) known.set(trip.id, trip);
      }
    }
    return [...known.values()];
  }

  /** Looks through the newest conversations of the history for trips; each log is read once. */
  async loadTrips() {
    for (const row of this.history.rows.slice(0, TRIPS_LOOK_BACK)) {
      const seen = this.pastTrips.get(row.id);
      if (row.id === this.conversation.id || seen?.updatedAt === row.updated_at) continue;
      try {
        const trips = tripsOf(foldLog(row.id, await api.readEventLog(row.id)));
        this.pastTrips.set(row.id, { updatedAt: row.updated_at, trips });
      } catch (error) {
        if (!isExpected(error)) throw error;
        return;
      }
      this.onChange();
    }
  }

  async #attempt(conversation, turn) {
    turn.status = "running";
    turn.problem = null;
    this.onChange();
    try {
      if (conversation.id === null) {
        conversation.id = (await api.createConversation(this.sandbox)).id;
        this.onChange();
      }
      for await (const { type, data } of requestOf(conversation, turn)) {
        applyStreamed(conversation, turn, type, data);
        this.onChange();
      }
      await this.#resync(conversation, turn);
    } catch (error) {
      if (!isExpected(error)) throw error;
      turn.problem = problemOf(error);
      if (conversation.id === null) {
        turn.status = "unsent";
        this.onChange();
      } else {
        await this.#settle(conversation, turn);
      }
    }
    await this.loadHistory();
  }

  /** Asks the log whether the turn is "arrived" (its view is then shown), "absent" or "unknown". */
  async #settle(conversation, turn) {
    const problem = turn.problem;
    turn.status = "checking";
    this.onChange();
    try {
      const fresh = foldLog(conversation.id, await readLog(conversation.id));
      if (arrived(fresh, turn)) {
        const conflict = turn.decides !== undefined && problem?.status === 409;
        if (conflict) fresh.turns.at(-1).problem = problem;
        this.#show(conversation, fresh);
        if (fresh.turns.at(-1)?.status === "running") await this.#follow(fresh);
        return "arrived";
      }
      return this.#unsent(
        turn,
        problem?.code === "unreachable" ? { code: "not_sent" } : problem,
        "absent",
      );
    } catch (error) {
      if (!isExpected(error)) throw error;
      return this.#unsent(turn, problem ?? problemOf(error), "unknown");
    }
  }

  #unsent(turn, problem, known) {
    turn.status = "unsent";
    turn.problem = problem;
    this.onChange();
    return known;
  }

  // A turn that ended in an error leaves a log without its end; it runs no more all the same.
  async #resync(conversation, turn) {
    const fresh = foldLog(conversation.id, await readLog(conversation.id));
    // A newer turn may have begun meanwhile; its own stream feeds this object, so it stays.
    if (conversation.turns.at(-1) !== turn) return;
    if (turn.problem) interrupt(fresh, turn.problem);
    this.#show(conversation, reconcile(conversation, fresh));
  }

  /** Reads the log until its last turn has ended, or another conversation is opened. */
  async #follow(conversation) {
    let current = conversation;
    let length = 0;
    let quietSince = performance.now();
    for (let step = 0; this.conversation === current && isActive(current.turns.at(-1)); step += 1) {
      await pause(POLL_MS[Math.min(step, POLL_MS.length - 1)]);
      const events = await this.#readWhileFollowing(current);
      if (events === null) continue;
      const fresh = reconcile(current, foldLog(current.id, events));
      if (events.length > length) quietSince = performance.now();
      else if (performance.now() - quietSince > STALLED_MS) interrupt(fresh, { code: "stalled" });
      length = events.length;
      this.#show(current, fresh);
      current = fresh;
    }
    await this.loadHistory();
  }

  // While the service cannot be reached, or is too busy to tell, the turn may still run there, so
  // the asking goes on.
  async #readWhileFollowing(conversation) {
    try {
      return await readLog(conversation.id);
    } catch (error) {
      if (error instanceof api.Unreachable || error.problem?.retryable) conversation.turns.at(-1).status = "checking";
      else interrupt(conversation, problemOf(error));
      this.onChange();
      return null;
    }
  }

  #show(before, fresh) {
    if (this.conversation !== before) return;
    this.conversation = fresh;
    this.onChange();
  }
}

function requestOf(conversation, turn) {
  if (turn.decides === undefined) return api.sendMessage(conversation.id, turn.user);
  return api.decide(conversation.id, turn.decides, turn.decision);
}

// Turns that never reached the service make room, so that a turn's key is its place in the log.
function dropUnsent(conversation) {
  conversation.turns = conversation.turns.filter((turn) => turn.status !== "unsent");
}

// Ends the last turn of a log that does not say how it ended.
function interrupt(conversation, problem) {
  const turn = conversation.turns.at(-1);
  if (!isActive(turn)) return;
  turn.status = "done";
  turn.problem = problem;
}

function arrived(fresh, turn) {
  if (turn.decides !== undefined) return fresh.approvals.get(turn.decides)?.status !== "pending";
  // The service keeps what was typed in Unicode's composed form (NFC).
  const said = turn.user.normalize("NFC");
  return fresh.turns.slice(turn.key).some((it) => it.user?.normalize("NFC") === said);
}

async function readLog(id) {
  for (const [attempt, wait] of READ_TRIES_MS.entries()) {
    await pause(wait);
    try {
      return await api.readEventLog(id);
    } catch (error) {
      const last = attempt === READ_TRIES_MS.length - 1;
      if (last || !(error instanceof api.Unreachable)) throw error;
    }
  }
  throw new api.Unreachable("no attempt was made");
}

function isExpected(error) {
  return error instanceof api.Problem || error instanceof api.Unreachable;
}

function problemOf(error) {
  if (error instanceof api.Problem) return { ...error.problem, status: error.status };
  if (error instanceof api.Unreachable) return { code: "unreachable" };
  throw error;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
