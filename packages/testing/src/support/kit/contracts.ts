import { contract } from "@essentially-once/messaging/contract";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { Approved, Armed, Ask, Asked, Rung, Seen, Taken } from "./messages.ts";

export const ask = contract({ name: "ask", accepts: [Ask], publishes: [Asked] });
export const standard = contract({ name: "standard", accepts: [Asked], publishes: [Taken] });
export const ordered = contract({ name: "ordered", accepts: [Taken], publishes: [Approved] });
export const timed = contract({
  name: "timed",
  accepts: [Armed, Rung],
  publishes: [Rung],
  schedules: [Rung],
});
export const second = contract({ name: "second", accepts: [Approved] });
export const atMostOnce = contract({ name: "at-most-once", accepts: [Seen], from: cloudEvents() });
export const pulled = contract({ name: "pulled", accepts: [Asked] });
