// A valid envelope, to be changed where a test needs it.
import { nowIso } from "@essentially-once/messaging/clock";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";

export function anEnvelope(changes: Partial<Envelope> = {}): Envelope {
  return {
    specversion: "1.0",
    id: newId(),
    source: "/tests",
    type: "tests.happened.v1",
    time: nowIso(),
    datacontenttype: "application/json",
    partitionkey: "key-1",
    correlationid: "flow-1",
    hops: 0,
    data: {},
    ...changes,
  };
}
