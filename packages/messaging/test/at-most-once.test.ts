import { TransactionCanceledException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { callFaults, type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { delaysAsked } from "@essentially-once/testing/internal/support/delays-asked";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { atMostOnce } from "../src/commit/at-most-once.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { type UnitOfWork, unitOfWork } from "../src/commit/unit-of-work.ts";
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
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  setClock(() => startMs + aheadMs);
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

  it.each<[string, () => Promise<unknown>]>([
    ["was processed", () => deliverInTurn(1)],
    ["is a duplicate", () => deliver(1).then(() => deliverInTurn(1))],
    ["was lost", () => loses().then(() => deliverInTurn(1))],
    ["is lost at its redelivery", () => dies().then(() => deliverInTurn(2, 60_000))],
    ["waits for its copy", () => dies().then(() => deliverInTurn(1))],
  ])("G9: the next message of a key need not wait for the turn of one that %s", async (_what, before) => {
    await before();
    trouble = undefined;
    message = { ...message, id: newId() };
    expect(await deliver(1)).toBe("acknowledged");
    expect(logged().at(-1)).toBe("PROCESSED");
  });

  it("G9: a message whose turn does not come in a third of its time was not taken, and waits; of another key it goes on", async () => {
    setClock(() => Date.now() + aheadMs); // it waits
    onTestFinished(() => void setClock(() => startMs + aheadMs));
    turnsDoNotEnd();
    const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    trouble = () => {
      started.resolve();
      return gate.promise;
    };
    const first = deliver(1, { remainingMs: 60_000 });
    await started.promise;
    trouble = undefined;
    faults = faultAtCall(dynamodb());
    const own = message;
    message = { ...own, id: newId() };
    const beganAt = Date.now();
    expect(await deliver(1, { remainingMs: 9_000 })).toBe("returned");
    expect(Date.now() - beganAt).toBeLessThan(8_000);
    expect(new Set(faults.calls)).toEqual(new Set(["PutItemCommand"])); // that notes the wait, and the SDK may repeat
    expect(logged()).toEqual(["RETRY_LATER"]);
    expect(lines[0]).toContain('"errorCode":"CONTENDED"');
    expect(lines[0]).toContain('"waitedSeconds":'); // it is no attempt
    message = { ...own, id: newId(), partitionkey: newId() };
    expect(await deliver(1)).toBe("acknowledged");
    gate.resolve();
    expect(await first).toBe("acknowledged");
    expect(await count()).toBe(2);
  });

  it("G11: after a duplicate the next one is looked up first, and takes neither a lease nor a turn", async () => {
    const look = looking();
    const receive = (process = look) => process(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    await receive(looking());
    await receive();
    turnsDoNotEnd();
    const first = message;
    const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    trouble = () => {
      started.resolve();
      return gate.promise;
    };
    message = { ...first, id: newId() };
    const other = receive();
    await started.promise;
    faults = faultAtCall(dynamodb());
    message = first;
    await receive();
    expect(faults.calls).toEqual(["GetItemCommand"]);
    expect(logged()).toEqual(["PROCESSED", "DUPLICATE", "DUPLICATE"]);
    gate.resolve();
    await other;
  });

  it("G2: a duplicate of what this process has committed takes no request; one of a message that it lost does", async () => {
    const look = looking();
    const receive = () => look(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    await receive();
    faults = faultAtCall(dynamodb());
    await receive();
    expect(faults.calls).toEqual([]);
    message = { ...message, id: newId() };
    trouble = () => Promise.reject(new RetryLater("BUSY"));
    await receive();
    faults.remove();
    faults = faultAtCall(dynamodb());
    await receive();
    expect(faults.calls).not.toEqual([]);
    expect(logged()).toEqual(["PROCESSED", "DUPLICATE", "LOST", "DUPLICATE"]);
  });

  it.each([
    ["TransactionConflict", "PROCESSED", 1],
    ["ConditionalCheckFailed", "LOST", 0],
  ])("G9: a commit that is refused once with %s ends as %s", async (Code, ended, effects) => {
    let refusals = 1;
    beforeCommits(async () => {
      if (refusals-- > 0) throw refusedFor(Code);
    });
    expect(await deliver(1)).toBe("acknowledged");
    expect(logged()).toEqual([ended]);
    expect(await count()).toBe(effects);
  });

  it.each([
    ["meets another until its deadline", "TransactionConflict"],
    ["then fails on its condition", "ConditionalCheckFailed"],
  ])(
    "G9: a commit that met another and %s is a loss, counted with the reason of the refusal",
    async (_what, Code) => {
      let sent = 0;
      beforeCommits(async () => {
        if (++sent === 3) aheadMs += 60_000;
        throw refusedFor(sent === 1 ? "TransactionConflict" : Code);
      });
      expect(await deliver(1)).toBe("acknowledged");
      expect(sent).toBe(Code === "TransactionConflict" ? 3 : 2);
      expect(logged()).toEqual(["LOST"]);
      expect(lines[0]).toContain(`"errorCode":"${Code}"`);
      expect(await count()).toBe(0);
    },
  );

  it.each([
    ["of one item is sent when the other has ended", false],
    ["of another item does not wait for it", true],
  ])("G9: while a commit that met another is sent again, one %s", async (_what, isOther) => {
    const [held, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const sent: string[] = [];
    beforeCommits(async (text) => {
      const name = text.includes(first.id) ? "first" : "second";
      sent.push(name);
      if (sent.filter((one) => one === name).length === 1) throw refusedFor("TransactionConflict");
      if (name === "second") return;
      held.resolve();
      await gate.promise;
    });
    const first = message;
    const firstEnd = deliver(1, { remainingMs: 9_000 });
    await held.promise;
    message = { ...first, id: newId(), partitionkey: newId() };
    if (isOther) counterId = newId();
    const secondEnd = deliver(1, { remainingMs: 3_000 });
    if (isOther) expect(await secondEnd).toBe("acknowledged");
    else {
      await vi.waitUntil(() => sent.length === 3);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      expect(sent).toEqual(["first", "first", "second"]);
    }
    gate.resolve();
    expect(await Promise.all([firstEnd, secondEnd])).toEqual(["acknowledged", "acknowledged"]);
    expect(logged()).toEqual(["PROCESSED", "PROCESSED"]);
    expect(await count()).toBe(isOther ? 1 : 2);
  });

  it("G2: asked without running it, says of a message that it was done, and nothing of one that was lost", async () => {
    const { find } = atMostOnce();
    const unit = unitOfWork({ contract: { name: "look", publishes: [] }, cause: message });
    const found = (of: Envelope) => find?.({ consumer: "look", message: of, unit, deadlineMs: Date.now() });
    expect(await found(message)).toBeUndefined();
    await deliver(1);
    expect(await found(message)).toEqual({ kind: "duplicate" });
    await expect(found({ ...message, data: { what: "something else" } })).rejects.toThrow(
      `ID_REUSED: ${message.source} ${message.id} was processed before with other data`,
    );
    message = { ...message, id: newId() };
    await loses();
    await deliver(1);
    expect(await found(message)).toBeUndefined();
  });

  it("G9: a redelivered message that was processed is no loss, also when nobody has looked it up first", async () => {
    const unit = unitOfWork({ contract: { name: "look", publishes: [] }, cause: message });
    const received = (receiveCount: number) => {
      const sqsMessage = { body: "", attributes: {}, queueName: "looks", receiveCount };
      const deadlineMs = Date.now() + aheadMs + 5_000;
      const event = { consumer: "look", message, unit, deadlineMs, sqsMessage };
      return atMostOnce().before?.({ event } as never);
    };
    await deliver(1);
    expect(await received(2)).toEqual({ kind: "duplicate" });
    message = { ...message, id: newId() };
    await loses();
    await deliver(1);
    expect(await received(1)).toEqual({ kind: "duplicate" });
    expect(await received(2)).toEqual({ kind: "lost", errorCode: "LOST_BEFORE" });
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
    [Object.assign(new Error("no"), { name: "anna@example.org" }), "Error"], // S10
    [
      new TransactionCanceledException({
        $metadata: {},
        message: "no",
        CancellationReasons: [{ Code: "None" }],
      }),
      "TransactionCanceledException",
    ],
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

  it("G9: counts the loss of a process that died also when nothing can be written that settles it", async () => {
    await dies();
    aheadMs += 60_000;
    const stop = refuseLosses(9);
    expect(await deliver(2)).toBe("acknowledged");
    stop();
    expect(logged()).toEqual(["LOST"]);
    expect(lines[0]).toContain('"errorCode":"LEASE_EXPIRED"');
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
    const delays = delaysAsked();
    expect(await deliverExactly(2)).toBe("returned");
    expect(await deliverExactly(1)).toBe("returned"); // also when it is not looked up first
    expect(delays.map(({ seconds }) => seconds > 2 && seconds <= 7)).toEqual([true, true]); // 5 s, and 2 s of grace
    expect(lines.filter((line) => line.includes('"waitedSeconds":'))).toHaveLength(2); // no attempts
    aheadMs += 60_000;
    expect(await deliverExactly(3)).toBe("acknowledged");
    expect(await deliverExactly(1)).toBe("acknowledged");
    expect(await deliver(2)).toBe("acknowledged");
    expect(await count()).toBe(1);
    expect(logged()).toEqual(["RETRY_LATER", "RETRY_LATER", "PROCESSED", "DUPLICATE", "DUPLICATE"]);
  });

  it.each([1, 2])(
    "G2: after a change to rows, a message that was given back runs at once (receive %i)",
    async (receive) => {
      waits = new RetryLater("RATE_LIMITED", 1, { waited: true });
      expect(await deliver(1)).toBe("returned");
      waits = undefined;
      expect(await deliverExactly(receive)).toBe("acknowledged");
      expect(await count()).toBe(1);
    },
  );

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
      // Until the lease ends: of 5 s, and 2 s of grace.
      expect(delays.filter(({ seconds }) => !(seconds > 1 && seconds <= 7))).toEqual([]);
      expect(delays).toHaveLength(times === 1 ? 0 : 1);
      expect(lines.filter((line) => line.includes('"waitedSeconds":'))).toHaveLength(delays.length);
      expect(await deliver(2)).toBe("acknowledged");
      expect(await count()).toBe(1);
      expect(logged()).toEqual(times === 1 ? ["PROCESSED", "DUPLICATE"] : ["RETRY_LATER", "DUPLICATE"]);
    },
  );
});

async function loses(): Promise<void> {
  trouble = () => Promise.reject(new Error("no"));
}

/** The process dies when it has taken the message. */
async function dies(): Promise<void> {
  const killed = faultAtCall(dynamodb(), { nth: 1, fault: "killed-after" });
  await Promise.race([deliver(1), killed.stopped]);
  killed.remove();
}

async function deliverInTurn(receiveCount: number, laterMs = 0): Promise<void> {
  aheadMs += laterMs;
  turnsDoNotEnd();
  await deliver(receiveCount);
}

/** A turn that nobody ends lasts: by itself it would be over after half a second. */
function turnsDoNotEnd(): void {
  const after = globalThis.setTimeout as (work: () => void, ms: number, ...rest: unknown[]) => NodeJS.Timeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((
    work: () => void,
    ms: number,
    ...rest: readonly unknown[]
  ) => (ms === 500 ? after(work, 30_000).unref() : after(work, ms, ...rest))) as never);
}

function looking() {
  return consumer(contract({ name: "look", accepts: [Seen], publishes: [Seen] }))
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
}

async function deliver(
  receiveCount: number,
  { remainingMs = 5_000 } = {},
): Promise<"acknowledged" | "returned"> {
  const record = anSqsRecord(asciiJson(message), { receiveCount });
  const { batchItemFailures } = await looking()(anSqsEvent(record), aContext({ remainingMs }));
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

/** Of a unit of work: the end of its lease, its write and its messages. The write is what was refused. */
function refusedFor(Code: string): TransactionCanceledException {
  const CancellationReasons = [{ Code: "None" }, { Code }, { Code: "None" }];
  return new TransactionCanceledException({ $metadata: {}, message: "refused", CancellationReasons });
}

/** Until the end of the test. */
function beforeCommits(work: (text: string) => Promise<void>): void {
  const { middlewareStack } = dynamodb();
  middlewareStack.add(
    (next, { commandName }) =>
      async function beforeCommit(args) {
        if (commandName === "TransactWriteItemsCommand") await work(JSON.stringify(args.input));
        return next(args);
      },
    { name: "before-commits", step: "initialize" },
  );
  onTestFinished(() => void middlewareStack.remove("before-commits"));
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
