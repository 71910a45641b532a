import { TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { callFaults, type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { delaysAsked } from "@essentially-once/testing/internal/support/delays-asked";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { atMostOnce } from "../src/commit/at-most-once.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import type { UnitOfWork } from "../src/commit/unit-of-work.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Seen = messageType({
  type: "tests.seen.v1",
  schema: z.strictObject({ what: z.string() }),
  key: (seen) => seen.what,
});

let world: World;
let faults: FaultAtCall | undefined;
let message: Envelope;
let counterId: string;
let trouble: (() => Promise<void>) | undefined;
let waits: RetryLater | undefined;
let lines: string[];
let aheadMs = 0;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  setClock(() => Date.now() + aheadMs);
});
beforeEach(() => {
  counterId = newId();
  message = anEnvelope({ type: Seen.type, partitionkey: counterId, data: { what: counterId } });
  trouble = undefined;
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
});
afterEach(() => {
  faults?.remove();
  vi.restoreAllMocks();
});
afterAll(() => world.stop());

describe("a consumer that takes effect at most once", () => {
  it("G9: takes the message before the work, and commits the effect with the end of the lease", async () => {
    faults = faultAtCall(dynamodb());
    expect(await deliver(1)).toBe("acknowledged");
    expect(faults.calls).toEqual(["PutItemCommand", "TransactWriteItemsCommand"]);
    expect(await count()).toBe(1);
    expect(logged()).toEqual(["PROCESSED"]);
    const rowsOut = await world.items(world.output("OrderedOutboxTable"));
    expect(rowsOut.filter((row) => String(row.messages).includes(counterId))).toHaveLength(1);
  });

  it("G9: takes one message of a key at a time: a taken one must commit, and ten of a busy key cannot at once", async () => {
    let running = 0;
    let most = 0;
    trouble = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    };
    const first = message;
    await Promise.all(
      [1, 2, 3].map(async () => {
        message = { ...first, id: newId() };
        expect(await deliver(1)).toBe("acknowledged");
      }),
    );
    expect(most).toBe(1);
    expect(await count()).toBe(3);
  });

  it("G9: acknowledges a duplicate without running the handler", async () => {
    await deliver(1);
    let ran = false;
    trouble = async () => {
      ran = true;
    };
    expect(await deliver(1)).toBe("acknowledged");
    expect(ran).toBe(false);
    expect(await count()).toBe(1);
    expect(logged()).toEqual(["PROCESSED", "DUPLICATE"]);
  });

  it.each([
    [new TypeError("oops"), "TypeError"],
    [new RetryLater("BUSY"), "BUSY"],
    [new Park("REFUSED", "no"), "REFUSED"],
  ])("G9: counts and acknowledges a failure of the handler, once (%s)", async (error, errorCode) => {
    trouble = () => Promise.reject(error);
    expect(await deliver(1)).toBe("acknowledged");
    trouble = undefined;
    expect(await deliver(1)).toBe("acknowledged");
    expect(await count()).toBe(0);
    expect(logged()).toEqual(["LOST", "DUPLICATE"]);
    expect(lines[0]).toContain(`"errorCode":"${errorCode}"`);
  });

  it("G9: counts and acknowledges a commit whose condition fails, and does not run again", async () => {
    let runs = 0;
    const refused = consumer(contract({ name: "refused", accepts: [Seen], publishes: [Seen] }))
      .use(atMostOnce())
      .handler(async (_message, unit) => {
        runs++;
        unit.write({
          Update: { ...addOne(), ConditionExpression: "attribute_exists(nothing)" },
        });
      });
    await refused(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(runs).toBe(1);
    expect(logged()).toEqual(["LOST"]);
    expect(lines[0]).toContain('"errorCode":"ConditionalCheckFailed"');
  });

  it("G9, G11: counts work that fits no transaction as lost, by name, before it is sent", async () => {
    const both = consumer(contract({ name: "look", accepts: [Seen], publishes: [Seen] }))
      .use(atMostOnce())
      .handler(async (_message, unit) => {
        add(unit);
        add(unit);
      });
    faults = faultAtCall(dynamodb());
    await both(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(logged()).toEqual(["LOST"]);
    expect(lines[0]).toContain('"errorCode":"ITEM_TWICE"');
    expect(faults.calls).not.toContain("TransactWriteItemsCommand");
  });

  it("G9: counts the loss when the process died after taking the message: on the redelivery, not for another copy", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "killed-after" });
    await Promise.race([deliver(1), faults.stopped]);
    faults.remove();
    aheadMs += 60_000;
    expect(await deliver(2)).toBe("acknowledged");
    expect(await deliver(1)).toBe("acknowledged");
    expect(await count()).toBe(0);
    expect(logged()).toEqual(["LOST", "DUPLICATE"]);
    expect(lines[0]).toContain('"errorCode":"LEASE_EXPIRED"');
  });

  it("G9: counts a loss again when its process died before it reported the loss", async () => {
    trouble = async () => {
      throw new Error("no");
    };
    faults = faultAtCall(dynamodb(), { nth: 2, fault: "killed-after" }); // the loss is settled, and not yet logged
    await Promise.race([deliver(1), faults.stopped]);
    faults.remove();
    expect(logged()).toEqual([]);
    expect(await deliver(2)).toBe("acknowledged");
    expect(logged()).toEqual(["LOST"]);
    expect(lines[0]).toContain('"errorCode":"LOST_BEFORE"');
  });

  it("G9: returns a copy while the first is being processed: if that process dies, the copy counts the loss", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "killed-after" });
    await Promise.race([deliver(1), faults.stopped]);
    faults.remove();
    let ran = false;
    trouble = async () => {
      ran = true;
    };
    expect(await deliver(1)).toBe("returned");
    expect(ran).toBe(false);
    expect(lines.join()).toContain('"errorCode":"LEASE_HELD"');
    expect(lines.join()).toContain('"waitedSeconds":'); // it is no attempt
    aheadMs += 60_000;
    expect(await deliver(2)).toBe("acknowledged");
    expect(logged()).toEqual(["RETRY_LATER", "LOST"]);
  });

  it("G9: a worker that wakes up after its loss was counted commits nothing", async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    trouble = () => {
      started.resolve();
      return gate.promise;
    };
    const late = deliver(1);
    await started.promise;
    aheadMs += 60_000;
    expect(await deliver(2)).toBe("acknowledged");
    gate.resolve();
    await late;
    expect(await count()).toBe(0);
    expect(logged().filter((code) => code === "LOST")).toHaveLength(1);
  });

  it("G9: returns a message that it could not take: no work was begun, so nothing is lost", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "down" });
    expect(await deliver(1)).toBe("returned");
    faults.remove();
    expect(await deliver(2)).toBe("acknowledged");
    expect(await count()).toBe(1);
  });

  it("G9: returns a message that a middleware behind it lets wait: its handler has not begun", async () => {
    waits = new RetryLater("RATE_LIMITED", 1, { waited: true });
    expect(await deliver(1)).toBe("returned");
    expect(logged()).toEqual(["RETRY_LATER"]);
    waits = undefined;
    expect(await deliver(2)).toBe("acknowledged");
    expect(await count()).toBe(1);
  });

  it("G9: counts a failure of the handler also when nothing can be written that settles it", async () => {
    trouble = () => Promise.reject(new TypeError("oops"));
    const stop = refuseLosses(9);
    expect(await deliver(1)).toBe("acknowledged");
    stop();
    expect(logged()).toEqual(["LOST"]);
    expect(lines[0]).toContain('"errorCode":"TypeError"');
  });

  it("D15: parks a message that has the id of another and other data", async () => {
    await deliver(1);
    message = { ...message, data: { what: "something else" } };
    expect(await deliver(1)).toBe("acknowledged");
    expect(logged()).toEqual(["PROCESSED", "PARKED"]);
  });

  describe.each(callFaults)("with the fault %s", (fault) => {
    it.each([1, 2])("G9: is applied or counted, never twice, when AWS call %i meets it", async (nth) => {
      faults = faultAtCall(dynamodb(), { nth, fault });
      await Promise.race([deliver(1), faults.stopped]);
      expect(faults.calls.length).toBeGreaterThanOrEqual(nth);
      faults.remove();
      for (let receive = 2; receive <= 4; receive++) {
        aheadMs += 60_000;
        await deliver(receive);
      }
      const applied = await count();
      const counted = logged().filter((code) => code === "LOST").length;
      expect(applied).toBeLessThanOrEqual(1);
      expect(applied + counted).toBeGreaterThanOrEqual(1);
    });
  });

  it("G2: a consumer that was idempotent before recognises what it processed then, and the other way round", async () => {
    const exact = consumer(contract({ name: "look", accepts: [Seen], publishes: [Seen] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async (_message, unit) => add(unit));
    await exact(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(await deliver(1)).toBe("acknowledged");
    message = { ...message, id: newId() };
    await deliver(1);
    await exact(anSqsEvent(anSqsRecord(asciiJson(message), { receiveCount: 2 })), aContext());
    expect(await count()).toBe(2);
    expect(logged()).toEqual(["PROCESSED", "DUPLICATE", "PROCESSED", "DUPLICATE"]);
  });

  it("G2: after a change to rows, a message that was only taken is no duplicate: it runs when the lease has ended", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "killed-after" });
    await Promise.race([deliver(1), faults.stopped]);
    faults.remove();
    expect(await deliverExactly(2)).toBe("returned");
    expect(await deliverExactly(1)).toBe("returned"); // also when it is not looked up first
    expect(lines.filter((line) => line.includes('"waitedSeconds":'))).toHaveLength(2); // no attempts
    aheadMs += 60_000;
    expect(await deliverExactly(3)).toBe("acknowledged");
    expect(await deliverExactly(1)).toBe("acknowledged");
    expect(await deliver(2)).toBe("acknowledged");
    expect(await count()).toBe(1);
    expect(logged()).toEqual(["RETRY_LATER", "RETRY_LATER", "PROCESSED", "DUPLICATE", "DUPLICATE"]);
  });

  it("G2, G9: a worker that wakes up after rows replaced its lease commits nothing, and counts no loss", async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    trouble = () => {
      started.resolve();
      return gate.promise;
    };
    const late = deliver(1);
    await started.promise;
    aheadMs += 60_000;
    expect(await deliverExactly(1)).toBe("acknowledged"); // without a read before: the commit meets the lease
    gate.resolve();
    await late;
    expect(await count()).toBe(1);
    expect(logged()).not.toContain("LOST");
  });

  it("G2: after a change to rows, a message counted as lost is a duplicate", async () => {
    trouble = () => Promise.reject(new Error("no"));
    await deliver(1);
    expect(await deliverExactly(2)).toBe("acknowledged");
    expect(await count()).toBe(0);
    expect(logged()).toEqual(["LOST", "DUPLICATE"]);
  });

  it.each([1, 9])(
    "G9: does not count as lost what its own commit, still in flight, has applied (the loss is refused %i times)",
    async (times) => {
      const delays = delaysAsked();
      const stop = refuseLosses(times, { resetsCommits: true });
      const first = await deliver(1);
      stop();
      expect(first).toBe(times === 1 ? "acknowledged" : "returned");
      // Until the lease ends, and not a thousand times as long.
      expect(delays.filter(({ seconds }) => !(seconds > 0 && seconds < 60))).toEqual([]);
      expect(delays).toHaveLength(times === 1 ? 0 : 1);
      expect(lines.filter((line) => line.includes('"waitedSeconds":'))).toHaveLength(delays.length);
      expect(await deliver(2)).toBe("acknowledged");
      expect(await count()).toBe(1);
      expect(logged()).toEqual(times === 1 ? ["PROCESSED", "DUPLICATE"] : ["RETRY_LATER", "DUPLICATE"]);
    },
  );
});

async function deliver(receiveCount: number): Promise<"acknowledged" | "returned"> {
  const look = consumer(contract({ name: "look", accepts: [Seen], publishes: [Seen] }))
    .use(atMostOnce())
    .use({
      before() {
        if (waits) throw waits;
      },
    })
    .handler(async (_message, unit) => {
      add(unit);
      unit.publish(Seen.from({ what: counterId }));
      await trouble?.();
    });
  const record = anSqsRecord(asciiJson(message), { receiveCount });
  const { batchItemFailures } = await look(anSqsEvent(record), aContext());
  return batchItemFailures.length === 0 ? "acknowledged" : "returned";
}

async function deliverExactly(receiveCount: number): Promise<"acknowledged" | "returned"> {
  const exact = consumer(contract({ name: "look", accepts: [Seen], publishes: [Seen] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async (_message, unit) => add(unit));
  const record = anSqsRecord(asciiJson(message), { receiveCount });
  const { batchItemFailures } = await exact(anSqsEvent(record), aContext());
  return batchItemFailures.length === 0 ? "acknowledged" : "returned";
}

/** As while a commit is being applied: refuses to settle a loss so many times. `resetsCommits` loses each commit's response. */
function refuseLosses(times: number, { resetsCommits = false } = {}): () => void {
  const name = "in-flight";
  let refusals = 0;
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      async function inFlight(args) {
        const isLoss = JSON.stringify(args.input).includes(String.raw`\"lost\"`);
        if (commandName === "PutItemCommand" && isLoss && refusals++ < times) {
          const message = "Transaction is ongoing for the item";
          throw new TransactionConflictException({ message, $metadata: {} });
        }
        const output = await next(args);
        if (resetsCommits && commandName === "TransactWriteItemsCommand") {
          throw new Error("the connection was reset");
        }
        return output;
      },
    { name, step: "initialize" },
  );
  return () => dynamodb().middlewareStack.remove(name);
}

function add(unit: UnitOfWork): void {
  unit.write({ Update: addOne() });
}

function addOne() {
  return {
    TableName: world.output("StandardTable"),
    Key: { id: { S: counterId } },
    UpdateExpression: "ADD #count :one",
    ExpressionAttributeNames: { "#count": "count" },
    ExpressionAttributeValues: { ":one": { N: "1" } },
  };
}

async function count(): Promise<number> {
  return Number((await world.get(world.output("StandardTable"), counterId))?.count ?? 0);
}

/** The codes of what became of the message. */
function logged(): string[] {
  const outcomes = ["PROCESSED", "DUPLICATE", "LOST", "PARKED", "RETRY_LATER"];
  lines = lines.filter((line) => outcomes.includes(JSON.parse(line).code));
  return lines.map((line) => JSON.parse(line).code);
}
