// AWS::Events::EventBus, and rules with an event pattern that bring events to queues of this app.

import { z } from "zod";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../model/clients.ts";
import { compileFilters } from "../model/filter.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";

export const EventBus = family({
  type: "AWS::Events::EventBus",
  properties: z.strictObject({ Name: z.string() }),
  harmless: ["DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig", "Tags"],
  create: async ({ Name }): Promise<Created> => {
    const Arn = `arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-bus/${Name}`;
    return { ref: Name, attributes: { Arn, Name } };
  },
});

/** @param targets ARNs of queues */
export function routeEvents(
  rule: { readonly pattern: unknown; readonly bus: string; readonly isEnabled: boolean },
  targets: readonly string[],
  { path, deployed }: Site,
): void {
  const { pattern, bus, isEnabled } = rule;
  try {
    compileFilters([pattern]);
  } catch (error) {
    throw new NotUnderstood(`EventPattern: ${error instanceof Error ? error.message : String(error)}`);
  }
  const queueUrls = targets.map((arn) => {
    const queueUrl = deployed.queueUrlsByArn.get(arn);
    if (queueUrl?.endsWith(".fifo"))
      throw new NotUnderstood("Targets.Arn: must be a standard queue, because EventBridge keeps no order");
    if (queueUrl) return queueUrl;
    throw new NotUnderstood(`Targets.Arn: must be a queue of this app for a rule with a pattern, got ${arn}`);
  });
  const busName = bus.split("/").at(-1) ?? bus;
  if (isEnabled) deployed.eventRules.push({ path, busName, pattern, queueUrls });
}
