import { setTimeout } from "node:timers/promises";
import { CreateQueueCommand, type SendMessageBatchCommandInput } from "@aws-sdk/client-sqs";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sqs } from "../src/aws/sqs-client.ts";
import { newId } from "../src/core/ids.ts";
import { batchBytesMax, firstPack, type Outgoing, sendAll } from "../src/publish/send.ts";

let world: World;
let queueUrl: string;

beforeAll(async () => {
  world = await aWorld();
});
beforeEach(async () => {
  const { QueueUrl = "" } = await sqs().send(
    new CreateQueueCommand({ QueueName: `${newId()}.fifo`, Attributes: { FifoQueue: "true" } }),
  );
  queueUrl = QueueUrl;
});
afterEach(() => {
  sqs().middlewareStack.remove("watch");
});
afterAll(() => world.stop());

describe("sending to a FIFO queue", () => {
  it("G4: nothing of a key overtakes a message that was refused; other keys go on", async () => {
    const lines = await linesOf(async () => {
      const confirmed = await send(["a", "1"], ["a", "\ufffe"], ["a", "3"], ["b", "4"], ["b", "5"]);
      expect(confirmed).toEqual([true, false, false, true, true]);
    });
    expect(lines).toMatchObject([{ level: "ERROR", code: "SEND_REFUSED", queueUrl, messages: 1 }]);
    expect((await drained()).sort()).toEqual(["1", "4", "5"]);
  });

  it("G4: a request holds one message of a key at most, since a request may be half accepted", async () => {
    const requests = watch();
    await send(["a", "1"], ["b", "2"], ["a", "3"], ["a", "4"]);
    expect(requests.map(bodies)).toEqual([["1", "2"], ["3"], ["4"]]);
    expect((await drained()).filter((body) => body !== "2")).toEqual(["1", "3", "4"]);
  });

  it("Q8: what was refused for a moment is sent again, before what is behind it", async () => {
    const requests = watch({ refuses: "first" });
    expect(await send(["a", "1"], ["a", "2"])).toEqual([true, true]);
    expect(requests.map(bodies)).toEqual([["1"], ["1"], ["2"]]);
  });

  it("Q8, G11: is sent four times at most, and once when there is no time", async () => {
    const requests = watch({ refuses: "always" });
    expect(await send(["a", "1"], ["a", "2"])).toEqual([false, false]);
    expect(requests.map(bodies)).toEqual([["1"], ["1"], ["1"], ["1"]]);
    const messages = [{ key: "a", body: "3" }];
    expect((await sendAll(queueUrl, messages, { deadlineMs: Date.now() })).confirmed).toEqual([false]);
    expect(requests).toHaveLength(5);
  });

  it("a message without a key is a group of its own", async () => {
    const requests = watch();
    const messages = ["1", "2", "2"].map((body) => ({ body }));
    const { confirmed } = await sendAll(queueUrl, messages, { deadlineMs: Date.now() + 5_000 });
    expect(confirmed).toEqual([true, true, true]);
    expect(requests.map(bodies)).toEqual([["1", "2"], ["2"]]);
    const ids = requests.flatMap(({ Entries = [] }) => Entries).map((entry) => entry.MessageDeduplicationId);
    expect(new Set(ids).size).toBe(2);
  });

  it("G4: the stream and the sweeper at once: SQS takes each message once, in order", async () => {
    const line: [string, string][] = [1, 2, 3, 4, 5].map((n) => ["a", String(n)]);
    const both = await Promise.all([send(...line), send(...line)]);
    expect(both.flat().every(Boolean)).toBe(true);
    expect(await drained()).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("takes any key: one that SQS would refuse as a group goes by its hash", async () => {
    expect(await send(["Zürich, Bahnhofstrasse 1", "1"], ["x".repeat(500), "2"])).toEqual([true, true]);
  });
});

describe("requests side by side", () => {
  it("G4, G11: of forty keys with three messages each, in as few requests as one by one, each key in order", async () => {
    const requests = watch({ refuses: "first" });
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
    const all = [1, 2, 3].flatMap((n) => keys.map((key) => [key, `${key} ${n}`] as const));
    expect(new Set(await send(...all))).toEqual(new Set([true]));
    expect(requests.length).toBeLessThanOrEqual(13);
    expect(requests.most).toBeGreaterThan(1);
    for (const { Entries = [] } of requests) {
      const groups = Entries.map(({ MessageGroupId }) => MessageGroupId);
      expect(new Set(groups).size).toBe(groups.length);
    }
    const bodies = await drained();
    for (const key of keys) {
      const own = bodies.filter((body) => body.startsWith(`${key} `));
      expect(own).toEqual([1, 2, 3].map((n) => `${key} ${n}`));
    }
  });

  const half = "x".repeat(batchBytesMax / 2 - 50);
  const twenty = Array.from({ length: 20 }, (_, n) => [`key-${n}`, `first ${n}`] as const);
  it.each<[string, (readonly [string, string])[], number[]]>([
    ["is full", [...twenty, ...twenty.slice(0, 10).map(([key]) => [key, "second"] as const)], [10, 10, 10]],
    [
      "is full by its bytes",
      [
        ...(["a", "b", "c", "d", "e"] as const).map((key) => [key, `${key}${half}`] as const),
        ["a", "second"],
      ],
      [2, 2, 2],
    ],
    ["nothing could fill", twenty.slice(0, 11), [10, 1]],
  ])("G11: a request that %s does not wait for one that is on its way", async (_, messages, sizes) => {
    const requests = watch({ firstWaits: true });
    expect(new Set(await send(...messages))).toEqual(new Set([true]));
    expect(requests.map((one) => one.Entries?.length)).toEqual(sizes);
    expect(requests.besideFirst).toBe(1);
  });

  it("G11: a request that is not full waits for what could fill it", async () => {
    const requests = watch({ firstWaits: true });
    await send(...twenty.slice(0, 11), ["key-0", "second"]);
    expect(requests.map((one) => one.Entries?.length)).toEqual([10, 2]);
    expect(requests.besideFirst).toBe(0);
  });

  it("G11: of 125 messages to a standard queue, ten are on their way at most, and none waits for another", async () => {
    const { QueueUrl = "" } = await sqs().send(new CreateQueueCommand({ QueueName: newId() }));
    const requests = watch();
    const messages = Array.from({ length: 125 }, (_, n) => ({ body: String(n), key: "one" }));
    const { confirmed } = await sendAll(QueueUrl, messages, { deadlineMs: Date.now() + 5_000 });
    expect(confirmed.filter(Boolean)).toHaveLength(125);
    expect(requests).toHaveLength(13);
    expect(requests.most).toBe(10);
  });

  it("G3: what other requests confirmed counts when one fails as a whole, and no more is begun", async () => {
    const { QueueUrl = "" } = await sqs().send(new CreateQueueCommand({ QueueName: newId() }));
    const requests = watch({ failFirst: true });
    const messages = Array.from({ length: 125 }, (_, n) => ({ body: String(n) }));
    const { confirmed, error } = await sendAll(QueueUrl, messages, { deadlineMs: Date.now() + 5_000 });
    expect(error).toMatchObject({ message: "the wire is cut" });
    expect(confirmed.slice(0, 10)).not.toContain(true);
    expect(confirmed.filter(Boolean)).toHaveLength(10 * (requests.length - 1));
    expect(requests.length).toBeLessThan(13);
  });
});

describe("the messages of a request", () => {
  const half = batchBytesMax / 2;
  const attributes = { name: "ü" }; // 4 bytes, 6 for its type, and 2
  it.each<[string, Outgoing[], number]>([
    ["as many bytes as SQS takes", [{ body: "x".repeat(half) }, { body: "ü".repeat(half / 2) }], 2],
    ["not one byte more", [{ body: "x".repeat(half) }, { body: `${"ü".repeat(half / 2)}x` }], 1],
    ["attributes with them", [{ body: "x".repeat(half - 12), attributes }, { body: "x".repeat(half) }], 2],
    [
      "not one byte more with attributes",
      [{ body: "x".repeat(half - 11), attributes }, { body: "x".repeat(half) }],
      1,
    ],
    ["one that is too large, alone", [{ body: "x".repeat(2 * half + 1) }, { body: "" }], 1],
    ["ten at most", Array.from({ length: 11 }, () => ({ body: "" })), 10],
  ])("D8: are %s", (_, messages, count) => {
    const indexes = [...messages.keys()];
    expect(firstPack(indexes, messages)).toEqual(indexes.slice(0, count));
  });
});

it("a standard queue is told the key too, so that it serves all keys fairly", async () => {
  const { QueueUrl = "" } = await sqs().send(new CreateQueueCommand({ QueueName: newId() }));
  const requests = watch();
  await sendAll(QueueUrl, [{ body: "1", key: "a" }], { deadlineMs: Date.now() + 5_000 });
  expect(requests[0]?.Entries).toMatchObject([{ MessageGroupId: "a" }]);
  expect(requests[0]?.Entries?.[0]).not.toHaveProperty("MessageDeduplicationId");
});

async function send(
  ...messages: readonly (readonly [key: string, body: string])[]
): Promise<readonly boolean[]> {
  const outgoing = messages.map(([key, body]) => ({ key, body }));
  return (await sendAll(queueUrl, outgoing, { deadlineMs: Date.now() + 5_000 })).confirmed;
}

interface Watched extends Array<SendMessageBatchCommandInput> {
  /** So many were on their way at once. */
  most?: number;
  /** So many were begun while the first one waited. */
  besideFirst?: number;
}

/** Sees each request; on demand answers the first as an overloaded SQS would, or not at all, or late. */
function watch({
  refuses = "none",
  failFirst = false,
  firstWaits = false,
}: {
  refuses?: "none" | "first" | "always";
  failFirst?: boolean;
  firstWaits?: boolean;
} = {}): Watched {
  const requests: Watched = [];
  let now = 0;
  sqs().middlewareStack.add(
    (next) => async (args) => {
      requests.push(args.input as SendMessageBatchCommandInput);
      requests.most = Math.max(requests.most ?? 0, ++now);
      const isFirst = requests.length === 1;
      try {
        if (isFirst && firstWaits) await forSecond(requests);
        if (isFirst && failFirst) throw new Error("the wire is cut");
        if (refuses === "none" || (refuses === "first" && !isFirst)) return await next(args);
        const Failed = [{ Id: "0", SenderFault: false, Code: "ServiceUnavailable" }];
        return { response: {}, output: { $metadata: {}, Successful: [], Failed } };
      } finally {
        now--;
      }
    },
    { name: "watch", step: "initialize" },
  );
  return requests;
}

async function forSecond(requests: Watched): Promise<void> {
  for (let n = 0; requests.length < 2 && n < 150; n++) await setTimeout(10);
  requests.besideFirst = requests.length - 1;
}

function bodies({ Entries = [] }: SendMessageBatchCommandInput): (string | undefined)[] {
  return Entries.map(({ MessageBody }) => MessageBody);
}

async function drained(): Promise<string[]> {
  return (await world.drain(queueUrl)).map(({ body }) => body);
}
