// Consumers of queues that others fill. The parts between the marks stand in docs/existing-queues.md.
import * as z from "zod";
import { contract } from "../../../functions/messaging/contract.ts";
import { eventBridge } from "../../../functions/messaging/event-bridge.ts";
import { messageType } from "../../../functions/messaging/message-type.ts";
import { field } from "../../../functions/messaging/origin.ts";
import { rawJson } from "../../../functions/messaging/raw-json.ts";
import { s3Notifications } from "../../../functions/messaging/s3-notifications.ts";
import { sns } from "../../../functions/messaging/sns.ts";

// <contracts>
const LegacyOrder = messageType({
  type: "legacy.order.v1",
  schema: z.looseObject({ orderId: z.string(), cents: z.int() }),
  key: (order) => order.orderId,
});
const FileArrived = messageType({
  type: "files.file-arrived.v1",
  schema: z.looseObject({ bucket: z.string(), key: z.string(), size: z.number() }),
  key: (file) => file.key,
});

/** JSON of a program that knows no CloudEvents. */
export const importOrder = contract({
  name: "import-order",
  accepts: [LegacyOrder],
  from: rawJson({ id: field("orderId") }),
});
/** The same, published to a topic. */
export const auditOrder = contract({
  name: "audit-order",
  accepts: [LegacyOrder],
  from: sns(rawJson({ id: field("orderId") })),
});
/** Events of a bus. */
export const billOrder = contract({
  name: "bill-order",
  accepts: [LegacyOrder],
  from: eventBridge({ types: { "Order Placed": LegacyOrder }, id: field("orderId") }),
});
/** Notifications of a bucket. */
export const importFile = contract({
  name: "import-file",
  accepts: [FileArrived],
  from: s3Notifications(),
});
// </contracts>
