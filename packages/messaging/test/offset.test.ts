import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { nowMs } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { StateMoved } from "../src/core/outcome.ts";
import { OffsetMoved, type Offsets, offsets } from "../src/pull/offset.ts";

const deadlineMs = Number.MAX_SAFE_INTEGER;

let world: World;
let places: Offsets;

beforeAll(async () => {
  world = await aWorld();
});
beforeEach(() => {
  places = offsets({ table: world.output("PulledTable"), prefix: newId() });
});
afterAll(() => world.stop());

describe("an offset", () => {
  it("G10: moves with the writes, and only from where it was read", async () => {
    const id = newId();
    await places.commit({ partition: 0, from: 0, to: 3 }, [put(id)], { deadlineMs });
    expect(await places.read(0)).toBe(3);
    expect(await world.get(world.output("PulledTable"), id)).toBeDefined();
    const stale = places.commit({ partition: 0, from: 0, to: 4 }, [put(newId())], { deadlineMs });
    await expect(stale).rejects.toThrow(OffsetMoved);
    expect(await places.read(0)).toBe(3);
  });

  it("G10: is read as it is now, and not as it was a moment ago", async () => {
    const reads: unknown[] = [];
    dynamodb().middlewareStack.add(
      (next) => (args) => {
        reads.push(args.input);
        return next(args);
      },
      { step: "initialize", name: "reads" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("reads"));
    expect(await places.read(0)).toBe(0);
    expect(reads).toMatchObject([{ ConsistentRead: true }]);
  });

  it("G10: stays when a write is refused", async () => {
    const taken = put(newId());
    await places.commit({ partition: 0, from: 0, to: 1 }, [taken], { deadlineMs });
    const again = places.commit({ partition: 0, from: 1, to: 2 }, [taken], { deadlineMs });
    await expect(again).rejects.toThrow(StateMoved);
    expect(await places.read(0)).toBe(1);
  });

  it("G6: reports a wait when another transaction was in the way until the deadline", async () => {
    const refusal = new TransactionCanceledException({
      message: "in the way",
      $metadata: {},
      CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }],
    });
    dynamodb().middlewareStack.add(() => () => Promise.reject(refusal), { step: "initialize", name: "busy" });
    onTestFinished(() => void dynamodb().middlewareStack.remove("busy"));
    const commit = places.commit({ partition: 0, from: 0, to: 1 }, [put(newId())], { deadlineMs: nowMs() });
    await expect(commit).rejects.toMatchObject({ code: "TransactionConflict", waited: true });
  });

  it.each<[string, () => Write[]]>([
    ["TOO_MANY_WRITES", () => Array.from({ length: 100 }, () => put(newId()))],
    ["ITEM_TOO_LARGE", () => [put(newId(), "x".repeat(410_000))]],
    ["ITEM_TWICE", () => twice()],
  ])("G11: what fits no transaction is parked as %s before it is sent", async (code, writes) => {
    const commit = places.commit({ partition: 0, from: 0, to: 1 }, writes(), { deadlineMs });
    await expect(commit).rejects.toMatchObject({ name: "Park", code });
    expect(await places.read(0)).toBe(0);
  });
});

function put(id: string, text = ""): Write {
  return {
    Put: {
      TableName: world.output("PulledTable"),
      Item: { id: { S: id }, text: { S: text } },
      ConditionExpression: "attribute_not_exists(id)",
    },
  };
}

function twice(): Write[] {
  const write: Write = {
    Update: {
      TableName: world.output("PulledTable"),
      Key: { id: { S: "one" } },
      UpdateExpression: "SET a = :a",
      ExpressionAttributeValues: { ":a": { N: "1" } },
    },
  };
  return [write, write];
}
