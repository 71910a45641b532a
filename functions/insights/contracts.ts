// The contracts of the functions of the insights service: their names, and the messages that they accept and publish.
import { contract } from "@essentially-once/messaging/contract";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { OrderViewed } from "./messages.ts";
import { statementEvents } from "./statement.ts";

/** A shop front sends each view straight to its queue, once, and does not retry. */
export const countOrderViews = contract({
  name: "count-order-views",
  accepts: [OrderViewed],
  from: cloudEvents(),
});

export const buildStatement = contract({ name: "build-statement", accepts: statementEvents });
