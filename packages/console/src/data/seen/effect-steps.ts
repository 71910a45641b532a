// The records of effects outside DynamoDB. A record has the consumer and a key that the handler chose, and no message: it is told
// where the key names the message's key.
//
//   G11. One page of the evidence is read. When there is more, the reader says so.

import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { Step } from "../../api/message.ts";
import type { Reached } from "../reached.ts";
import { whyOf } from "../why.ts";

const ITEMS_MAX = 2_000;

export async function effectSteps(
  { connection: { dynamodb } }: Reached,
  consumers: readonly ConsumerQueue[],
  partitionkey: string | undefined,
  now: () => number = Date.now,
): Promise<{ readonly steps: readonly Step[]; readonly missing: readonly string[] }> {
  if (partitionkey === undefined) return { steps: [], missing: [] };
  const told = await Promise.all(
    consumers.map(async ({ consumer, name, evidenceTable: TableName }) => {
      try {
        const { Items = [], LastEvaluatedKey } = await dynamodb.send(
          new ScanCommand({
            ...{ TableName, Limit: ITEMS_MAX },
            FilterExpression: "begins_with(id, :effect) AND #consumer = :name AND contains(#key, :part)",
            ExpressionAttributeNames: { "#consumer": "consumer", "#key": "key" },
            ExpressionAttributeValues: {
              ":effect": { S: "effect:" },
              ":name": { S: name },
              ":part": { S: partitionkey },
            },
          }),
        );
        const steps = Items.map((item) => unmarshall(item))
          .filter(({ key }) => names(key, partitionkey))
          .map((record) => stepOf(consumer, record, now()));
        return { steps, missing: LastEvaluatedKey ? [tooMany(consumer)] : [] };
      } catch (error) {
        const why = whyOf(error);
        return { steps: [], missing: [`The effects of ${consumer} were not read: ${why}.`] };
      }
    }),
  );
  return {
    steps: told.flatMap(({ steps }) => steps),
    missing: [...new Set(told.flatMap(({ missing }) => missing))],
  };
}

/** Its result is payload. */
function stepOf(
  consumer: string,
  { key, state, fence, untilMs }: Record<string, unknown>,
  nowMs: number,
): Step {
  const attempt = Number(fence) > 1 ? `, attempt ${Number(fence)}` : "";
  return {
    what: "effect",
    told: "evidence",
    consumer,
    text: `Effect ${key} of ${consumer}${attempt}: ${stateText(state, Number(untilMs), nowMs)}.`,
  };
}

function stateText(state: unknown, untilMs: number, nowMs: number): string {
  if (state === "settled") return "its result is recorded, so it is not performed again";
  if (state === "free") return "not performed";
  const until = new Date(Math.min(untilMs, 8.64e15)).toISOString();
  if (untilMs > nowMs) return `being performed, until ${until} at most`;
  return `begun, and without a result at ${until}: the next delivery asks what became of it`;
}

/** `order-1` is not in `ship:order-12`. */
function names(key: unknown, part: string): boolean {
  const text = String(key);
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const around = `${text[at - 1] ?? " "}${text[at + part.length] ?? " "}`;
    if (!/[\w-]/.test(around)) return true;
  }
  return false;
}

function tooMany(consumer: string): string {
  return `Effects of ${consumer}: only the first ${ITEMS_MAX} items of its evidence were read.`;
}
