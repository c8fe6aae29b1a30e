// Orders and bookings that a conversation has shown: what "My trips" lists.

const IDS = { order: "order_id", booking: "booking_id" };

/**
 * @param {object} conversation as in model.js
 * @returns {{kind: "order"|"booking", id: string, data: object, conversationId: string}[]}
 * oldest first, each with the newest state that any result showed
 */
export function tripsOf(conversation) {
  const trips = new Map();
  for (const call of conversation.calls.values()) {
    if (call.status !== "executed") continue;
    for (const found of tripsIn(call.result)) {
      trips.set(found.id, { ...found, conversationId: conversation.id });
    }
    markCancelled(trips, call);
  }
  return [...trips.values()];
}

function tripsIn(result) {
  const objects = Array.isArray(result?.data) ? result.data : [result];
  return objects.map(tripIn).filter(Boolean);
}

function tripIn(object) {
  for (const [kind, key] of Object.entries(IDS)) {
    if (object?.[key] && object.booking_reference) return { kind, id: object[key], data: object };
  }
  return null;
}

function markCancelled(trips, call) {
  if (!/^confirm_.*cancellation$/.test(call.name ?? "")) return;
  const trip = trips.get(call.result?.order_id ?? call.result?.booking_id);
  if (trip) trip.data = { ...trip.data, status: "cancelled" };
}

/** Ids of the trips that a conversation knows to be cancelled. @returns {Set<string>} */
export function cancelledIn(conversation) {
  const gone = tripsOf(conversation).filter((trip) => trip.data.status === "cancelled");
  return new Set(gone.map((trip) => trip.id));
}

/** The local date (YYYY-MM-DD) on which a trip begins, "" where unknown. */
export function tripDate(trip) {
  return trip.data.check_in_date ?? trip.data.slices?.[0]?.departure_date ?? "";
}
