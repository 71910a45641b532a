import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { nowMs } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { StateMoved } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { OffsetMoved, type Offsets, offsets } from "../src/pull/offset.ts";
import { afterEffect, withState } from "../src/pull/offset-modes.ts";

const Pulled = messageType({ type: "tests.pulled.v1", schema: z.unknown(), key: () => "all" });
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
    const tried = busy();
    const commit = places.commit({ partition: 0, from: 0, to: 1 }, [put(newId())], { deadlineMs: nowMs() });
    await expect(commit).rejects.toMatchObject({ code: "TransactionConflict", waited: true });
    expect(tried).toHaveLength(1);
  });

  it("G11: is tried five times at most while another transaction is in the way", async () => {
    const tried = busy();
    const commit = places.commit({ partition: 0, from: 0, to: 1 }, [put(newId())], { deadlineMs });
    await expect(commit).rejects.toMatchObject({ code: "TransactionConflict", waited: true });
    expect(tried).toHaveLength(5);
  });

  it.each([
    [["None", "ValidationError"], "ValidationError"],
    [["None", "None"], "cancelled without a reason"],
  ])("G6: parks what DynamoDB refuses for good: %o", async (codes, detail) => {
    const tried = busy(...codes);
    const commit = places.commit({ partition: 0, from: 0, to: 1 }, [put(newId())], { deadlineMs });
    await expect(commit).rejects.toMatchObject({ name: "Park", code: "COMMIT_REFUSED", detail });
    expect(tried).toHaveLength(1);
  });

  it.each([
    ["with the state", withState],
    ["after the effect", afterEffect],
  ])("G11: that moves %s is held to the deadline of its run", async (_, mode) => {
    const tried = busy();
    const perform = mode({
      contract: contract({ name: "pull", accepts: [Pulled] }),
      prefix: newId(),
      chain: async () => ({ kind: "done" }),
      offsets: places,
      publishes: true,
      outboxTable: undefined,
    });
    const move = { partition: 0, from: 0, to: 1 };
    const performed = perform({ message: anEnvelope(), move, deadlineMs: nowMs() }, aContext());
    await expect(performed).rejects.toMatchObject({ code: "TransactionConflict", waited: true });
    expect(tried).toHaveLength(1);
  });

  it("G10: of an item that the kit did not write is no offset", async () => {
    for (const [partition, item] of [
      { offset: 0 },
      { offset: 1.5 },
      { offset: "x" },
      { offset: -1 },
      {},
    ].entries()) {
      const table = world.output("PulledTable");
      await world.put(table, { id: `foreign#offset#${partition}`, ...item });
      const foreign = offsets({ table, prefix: "foreign" });
      await expect(foreign.read(partition)).rejects.toThrow(
        `the item foreign#offset#${partition} must have a whole number as its offset`,
      );
    }
  });

  it("G10: does not go back, nor stay", async () => {
    for (const to of [2, 1]) {
      const commit = places.commit({ partition: 0, from: 2, to }, [], { deadlineMs });
      await expect(commit).rejects.toThrow(`an offset cannot go back from 2 to ${to}`);
    }
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

/** Another transaction is in the way of each, or what these codes say. @returns what was tried */
function busy(...codes: readonly string[]): unknown[] {
  const tried: unknown[] = [];
  const refusal = new TransactionCanceledException({
    message: "in the way",
    $metadata: {},
    CancellationReasons: (codes.length > 0 ? codes : ["TransactionConflict", "None"]).map((Code) => ({
      Code,
    })),
  });
  dynamodb().middlewareStack.add(
    () => (args) => {
      tried.push(args.input);
      return Promise.reject(refusal);
    },
    { step: "initialize", name: "busy" },
  );
  onTestFinished(() => void dynamodb().middlewareStack.remove("busy"));
  return tried;
}

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
