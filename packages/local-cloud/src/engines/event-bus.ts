// The part of EventBridge that delivers events to queues: no engine that we know has it, so this answers PutEvents and sends
// each event to the queues of the rules that match it.
//
//   https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../model/clients.ts";
import { compileFilters } from "../model/filter.ts";
import type { EventRule, SendToQueue } from "../model/model.ts";
import { type JsonService, ServiceError, startJsonService } from "./json-service.ts";

export interface EventBus extends JsonService {
  /** Where events go from now on. @throws Error for a pattern that is not understood */
  route(rules: readonly EventRule[], send: SendToQueue): void;
}

const Entry = z.object({
  Source: z.string().min(1),
  DetailType: z.string().min(1),
  Detail: z.string(),
  EventBusName: z.string().default("default"),
  Resources: z.array(z.string()).default([]),
  Time: z.number().optional(),
});
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const PutEvents = z.object({ Entries: z.array(Entry).min(1).max(10) });

export async function startEventBus(): Promise<EventBus> {
  let deliver = async (_event: object, _busName: string): Promise<void> => undefined;
  const service = await startJsonService(
    new Map([
      [
        "PutEvents",
        async (input: unknown) => {
          const { Entries } = parsed(input);
          const events = Entries.map((entry) => ({ event: eventOf(entry), busName: nameOf(entry) }));
          for (const { event, busName } of events) await deliver(event, busName);
          return { FailedEntryCount: 0, Entries: events.map(({ event }) => ({ EventId: event.id })) };
        },
      ],
    ]),
  );
  return {
    ...service,
    route(rules, send) {
      const tests = rules.map((rule) => ({ ...rule, matches: compileFilters([rule.pattern]) }));
      deliver = async (event, busName) => {
        for (const { matches, queueUrls, ...rule } of tests) {
          if (rule.busName !== busName || !matches(event)) continue;
          for (const queueUrl of queueUrls) await send(queueUrl, JSON.stringify(event));
        }
      };
    },
  };
}

function parsed(input: unknown): z.output<typeof PutEvents> {
  const { data, error } = PutEvents.safeParse(input);
  if (data) return data;
  throw new ServiceError("ValidationException", error.issues.map(({ message }) => message).join("; "));
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
function eventOf({ Source, DetailType, Detail, Resources, Time }: z.output<typeof Entry>) {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": DetailType,
    source: Source,
    account: LOCAL_ACCOUNT,
    time: `${new Date(Time === undefined ? Date.now() : Time * 1_000).toISOString().slice(0, 19)}Z`,
    region: LOCAL_REGION,
    resources: Resources,
    detail: JSON.parse(Detail) as unknown,
  };
}

/** A bus is named by its name or its ARN. */
function nameOf({ EventBusName }: z.output<typeof Entry>): string {
  return EventBusName.split("/").at(-1) ?? EventBusName;
}
