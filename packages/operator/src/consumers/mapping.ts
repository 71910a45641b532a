// The event source mappings of a consumer, found by its queue: whether they are enabled, and the change of that.
//
//   Lambda changes a mapping in the background, and refuses another change until that is done.
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
  /** Lambda's own word: Creating, Enabling, Enabled, Disabling, Disabled, Updating. */
  readonly state: string;
}

/** All that read the queue. One that a deployment replaces is still listed while Lambda deletes it, and is left out. */
export async function mappingsOf(
  { lambda, sqs }: { readonly lambda: LambdaClient; readonly sqs: SQSClient },
  { queueUrl }: ConsumerQueue,
): Promise<readonly Mapping[]> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  const mappings: Mapping[] = [];
  const pages = paginateListEventSourceMappings({ client: lambda }, { EventSourceArn: Attributes?.QueueArn });
  for await (const { EventSourceMappings = [] } of pages) {
    for (const { UUID: id, State: state = "unknown" } of EventSourceMappings)
      if (id !== undefined && state !== deleting) mappings.push({ id, state });
  }
  return mappings;
}

export interface Change {
  readonly lambda: LambdaClient;
  readonly mapping: Mapping;
  readonly enabled: boolean;
  /** When to give up, in ms since the epoch. */
  readonly untilMs: number;
  readonly wait: (seconds: number) => Promise<unknown>;
}

/** Lambda has not taken the change: nothing of it is done, and nothing will be. */
export class ChangeRefused extends Error {}

/** Lambda takes up to a minute for a change, more while invocations are running. */
export const changeMsMax = 300_000;

const deleting = "Deleting";
const busy = ["ResourceInUseException", "ResourceConflictException"];

/**
 * Resolves as soon as Lambda has taken the change; `untilChanged` waits for its end.
 *
 * @returns false when another change had that result already
 * @throws ChangeRefused when Lambda refuses it, or is busy with other changes for too long
 */
export async function askFor(change: Change): Promise<boolean> {
  const { lambda, mapping, enabled, untilMs, wait } = change;
  for (;;) {
    try {
      await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping.id, Enabled: enabled }));
      return true;
    } catch (error) {
      const isBusy = busy.includes(nameOf(error));
      if (isBusy ? nowMs() > untilMs : isRefusal(error)) throw refused(change, error);
      if (!isBusy) throw error;
    }
    await wait(1);
    if (isOver(await stateOf(change), enabled)) return false;
  }
}

/** @throws UsageError when it has not changed in time: Lambda still does it */
export async function untilChanged(change: Change): Promise<void> {
  const { mapping, enabled, untilMs, wait } = change;
  for (let state = await stateOf(change); !isOver(state, enabled); state = await stateOf(change)) {
    if (nowMs() > untilMs)
      throw new UsageError(
        `The mapping ${mapping.id} is still ${state}, not ${wordOf(enabled)}: look again later.`,
      );
    await wait(1);
  }
}

async function stateOf({ lambda, mapping: { id } }: Change): Promise<string> {
  try {
    const { State = "unknown" } = await lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
    return State;
  } catch (error) {
    if (nameOf(error) === "ResourceNotFoundException") return deleting;
    throw error;
  }
}

function isOver(state: string, enabled: boolean): boolean {
  return state === wordOf(enabled) || state === deleting;
}

function wordOf(enabled: boolean): string {
  return enabled ? "Enabled" : "Disabled";
}

function refused({ mapping: { id }, enabled }: Change, cause: unknown): ChangeRefused {
  const what = enabled ? "enable" : "disable";
  return new ChangeRefused(`Lambda does not ${what} the mapping ${id}: ${nameOf(cause)}`, { cause });
}

/** An answer of Lambda's, and not the loss of one. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "$fault" in error && error.$fault === "client";
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
