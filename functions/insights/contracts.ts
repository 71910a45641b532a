// What the functions of the insights service are to others.
import { contract } from "@essentially-once/messaging/contract";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { OrderViewed } from "./messages.ts";
import { statementEvents } from "./statement.ts";

/** A shop front sends views straight to its queue, once, and does not look back. */
export const countOrderViews = contract({
  name: "count-order-views",
  accepts: [OrderViewed],
  from: cloudEvents(),
});

export const buildStatement = contract({ name: "build-statement", accepts: statementEvents });
