// The agent service's endpoints, and nothing about how they are shown.
import { readEvents } from "./sse.js";
import { recall, remember, tabStorage } from "./storage.js";

const ROOT = "/v1/conversations";

/** The service answered with an error (RFC 9457). `problem` is its JSON object. */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** No answer, or one that broke off: the request may have been carried out or not. */
export class Unreachable extends Error {}

/** Uses a bearer token from now on, in this tab only; null forgets it. */
export function useKey(key) {
  remember("key", key, tabStorage());
}

/** @returns {Promise<{id: string, created_at: string}>} */
export function createConversation(sandbox) {
  return json("POST", ROOT, sandbox ? { sandbox } : {});
}

/** @returns {Promise<{rows: {id, title, created_at, updated_at}[], next: string|null}>} */
export async function listConversations(cursor = null) {
  const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
  const body = await json("GET", ROOT + query);
  return { rows: body.data ?? [], next: body.meta?.next_cursor ?? body.next_cursor ?? null };
}

/** The whole event log of a conversation. @returns {Promise<object[]>} */
export async function readEventLog(id) {
  const body = await json("GET", path(id));
  return (body.events ?? body.data ?? []).map((entry) => entry.event ?? entry);
}

/** Forgets a conversation; what it booked stays booked. */
export function deleteConversation(id) {
  return json("DELETE", path(id));
}

/** One turn, streamed. @yields {{type: string, data: object}} */
export function sendMessage(id, content) {
  return turn(`${path(id)}/messages`, { content });
}

/** A decision on an approval, and the turn that follows. @yields {{type: string, data: object}} */
export function decide(id, approvalId, decision) {
  return turn(`${path(id)}/approvals/${encodeURIComponent(approvalId)}`, { decision });
}

function path(id) {
  return `${ROOT}/${encodeURIComponent(id)}`;
}

async function json(method, url, body) {
  const response = await request(method, url, body, "application/json");
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

async function* turn(url, body) {
  const response = await request("POST", url, body, "text/event-stream");
  let finished = false;
  try {
    for await (const event of readEvents(response.body)) {
      finished ||= event.type === "done" || event.type === "error";
      yield { type: event.type, data: JSON.parse(event.data) };
    }
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!finished) throw new Unreachable("the stream ended before the turn did");
}

async function request(method, url, body, accept) {
  const headers = { Accept: accept };
  const key = recall("key", tabStorage());
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!response.ok) throw new Problem(response.status, await problemOf(response));
  return response;
}

async function problemOf(response) {
  try {
    const problem = await response.json();
    if (problem !== null && typeof problem === "object") return problem;
  } catch {
    // A proxy in between may answer with something that is no JSON.
  }
  return { title: response.statusText || `HTTP ${response.status}`, status: response.status };
}
