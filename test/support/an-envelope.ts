// A valid envelope, to be changed where a test needs it.
import type { Envelope } from "../../functions/messaging/envelope.ts";
import { newId } from "../../functions/messaging/ids.ts";

export function anEnvelope(changes: Partial<Envelope> = {}): Envelope {
  return {
    specversion: "1.0",
    id: newId(),
    source: "/tests",
    type: "tests.happened.v1",
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    partitionkey: "key-1",
    correlationid: "story-1",
    hops: 0,
    data: {},
    ...changes,
  };
}
