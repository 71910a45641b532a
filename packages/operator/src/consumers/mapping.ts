// The event source mapping of a consumer, found by its queue: whether it is enabled, and the change of that.
import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";
import { UsageError } from "../terminal/usage-error.ts";

export interface Mapping {
  readonly id: string;
  /** Lambda's own word: Enabled, Disabled, Enabling, Disabling, Updating … */
  readonly state: string;
  /** What its last invocations came to, when Lambda says. */
  readonly lastResult?: string;
}

/** Undefined when nothing reads the queue. */
export async function mappingOf(
  { lambda, sqs }: { readonly lambda: LambdaClient; readonly sqs: SQSClient },
  { queueUrl }: ConsumerQueue,
): Promise<Mapping | undefined> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  const pages = paginateListEventSourceMappings({ client: lambda }, { EventSourceArn: Attributes?.QueueArn });
  for await (const { EventSourceMappings = [] } of pages) {
    const [{ UUID: id = "", State: state = "unknown", LastProcessingResult: lastResult } = {}] =
      EventSourceMappings;
    if (id !== "") return { id, state, ...(lastResult !== undefined && { lastResult }) };
  }
  return undefined;
}

export interface Change {
  readonly lambda: LambdaClient;
  readonly mapping: Mapping;
  readonly enabled: boolean;
  readonly wait: (seconds: number) => Promise<unknown>;
}

/** Lambda takes up to a minute for a change, more while invocations are running. */
const changeMsMax = 300_000;

/** @throws UsageError when it has not changed in time: Lambda still does it */
export async function setEnabled({ lambda, mapping: { id }, enabled, wait }: Change): Promise<void> {
  const wanted = enabled ? "Enabled" : "Disabled";
  const untilMs = nowMs() + changeMsMax;
  let { State } = await lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled }));
  while (State !== wanted) {
    if (nowMs() > untilMs)
      throw new UsageError(`The mapping ${id} is still ${State}, not ${wanted}: look again later.`);
    await wait(1);
    ({ State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: id })));
  }
}
