// How long messages wait is known since a queue was last seen empty, on real engines.

import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { aDeadLetterWorld } from "@essentially-once/testing/internal/support/dead-letter-world";
import { expect, test } from "vitest";
import { counting } from "../../src/data/graph/counts.ts";
import { queueId } from "../../src/data/graph/flow-of.ts";
import { isOld } from "../../src/page/flow/old.ts";
import { urgentOf } from "../../src/page/now/urgent.ts";

const world = await aDeadLetterWorld();
const queue = await world.aQueue();
const { sqs, dynamodb } = world.clients;
let nowMs = 0;
const { count } = counting({
  ...{ sqs, dynamodb, queues: [queue], functions: [], limits: new Map(), now: () => nowMs },
});
const own = async () => (await count()).nodes[queueId(queue.consumer)];

test("of a queue that was never seen empty no bound is known; its depth is urgent at once", async (context) => {
  context.onTestFinished(() => world.stop());
  await send(100);
  expect(await own()).toMatchObject({ waiting: 100, neverEmptySeconds: 0 });
  nowMs += 10_000;
  const stuck = await own();
  expect(stuck).toMatchObject({ neverEmptySeconds: 10 });
  expect(stuck).not.toHaveProperty("oldestSeconds");
  const id = queueId(queue.consumer);
  const node = { id, kind: "queue", label: "NoteTaker", service: "Notes", facts: [] } as const;
  expect(urgentOf(undefined, { nodes: [node], edges: [] }, await count())).toMatchObject([{ kind: "old" }]);

  await world.drain(queue.queueUrl);
  expect(await own()).not.toHaveProperty("neverEmptySeconds");
  nowMs += 10_000;
  await send(1);
  expect(await own()).toMatchObject({ oldestSeconds: 10 });
  nowMs += 7_200_000; // nobody looked
  const later = await own();
  expect(later).toMatchObject({ neverEmptySeconds: 0 });
  expect(isOld(later)).toBe(false);
});

async function send(count: number): Promise<void> {
  const one = () => sqs.send(new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: "one" }));
  await Promise.all(Array.from({ length: count }, one));
}
