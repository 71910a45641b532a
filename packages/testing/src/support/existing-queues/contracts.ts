// Consumers of queues that others fill. The parts between the marks stand in docs/existing-queues.md.

import { contract } from "@essentially-once/messaging/contract";
import { eventBridge } from "@essentially-once/messaging/event-bridge";
import { field } from "@essentially-once/messaging/internal/origin/origin";
import { messageType } from "@essentially-once/messaging/message-type";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { sns } from "@essentially-once/messaging/sns";
import * as z from "zod";

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

// <contracts>
/** JSON of a legacy program. */
export const importOrder = contract({
  name: "import-order",
  accepts: [LegacyOrder],
  from: rawJson({ id: field("orderId") }),
});
/** The same, through an SNS topic. */
export const auditOrder = contract({
  name: "audit-order",
  accepts: [LegacyOrder],
  from: sns(rawJson({ id: field("orderId") })),
});
/** Events of an EventBridge bus. */
export const billOrder = contract({
  name: "bill-order",
  accepts: [LegacyOrder],
  from: eventBridge({ types: { "Order Placed": LegacyOrder }, id: field("orderId") }),
});
/** Notifications of an S3 bucket. */
export const importFile = contract({
  name: "import-file",
  accepts: [FileArrived],
  from: s3Notifications(),
});
// </contracts>
