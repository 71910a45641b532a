// AWS::Lambda::EventInvokeConfig: how often Lambda runs an event again by itself. Schedules here invoke once and never
// again, which is what an attempt count of 0 asks for; any other is refused.

import { z } from "zod";
import { family } from "./family.ts";

export const EventInvokeConfig = family({
  type: "AWS::Lambda::EventInvokeConfig",
  properties: z.strictObject({
    FunctionName: z.string(),
    MaximumRetryAttempts: z.literal(0, "only 0 is supported: there are no automatic retries here"),
  }),
  harmless: ["MaximumEventAgeInSeconds", "Qualifier"], // nothing is throttled, so no event waits
  create: async ({ FunctionName }) => ({ ref: `${FunctionName}|$LATEST`, attributes: {} }),
});
