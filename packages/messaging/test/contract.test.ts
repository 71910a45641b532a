import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import * as z from "zod";
import { type UnitOfWork, unitOfWork } from "../src/commit/unit-of-work.ts";
import { contract, contractText, contractVariable, typesOf } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const schema = z.strictObject({ n: z.int() });
const Asked = messageType({
  type: "tests.asked.v2",
  schema,
  key: () => "k",
  upcasts: { v1: { schema, lift: (data) => data } },
});
const Answered = messageType({ type: "tests.answered.v1", schema, key: () => "k" });
const Other = messageType({ type: "tests.other.v1", schema, key: () => "k" });
const answer = contract({ name: "answer", accepts: [Asked], publishes: [Answered] });

afterEach(() => vi.unstubAllEnvs());

describe("a contract", () => {
  it("says name, accepted and published types, older versions among the accepted", () => {
    expect(answer).toMatchObject({ name: "answer", accepts: [Asked], publishes: [Answered] });
    expect(typesOf(answer.accepts)).toEqual(["tests.asked.v2", "tests.asked.v1"]);
    expect(JSON.parse(contractText(answer))).toEqual({
      name: "answer",
      accepts: ["tests.asked.v1", "tests.asked.v2"],
      publishes: ["tests.answered.v1"],
    });
  });

  it.each(["", "Answer", "an--swer", "an_swer", "2nd", "-a", "a-", "a b", "a#b", "a".repeat(65)])(
    "refuses the name %j, which is no name of evidence",
    (name) => {
      expect(() => contract({ name, accepts: [Asked] })).toThrow(`got ${JSON.stringify(name)}`);
    },
  );

  it("is the same text whatever the order of its types", () => {
    const accepts = [Asked, Other] as const;
    const text = contractText(contract({ name: "a", accepts, publishes: [Answered, Other] }));
    expect(contractText(contract({ name: "a", accepts: [Other, Asked], publishes: [Other, Answered] }))).toBe(
      text,
    );
  });

  it("takes a name as long as allowed, and none that is no text", () => {
    expect(contract({ name: "a".repeat(64), accepts: [Asked] }).name).toHaveLength(64);
    expect(() => contract({ name: undefined as never, accepts: [Asked] })).toThrow("got undefined");
  });

  it("refuses no accepted type, and a type named twice on either side", () => {
    expect(() => contract({ name: "a", accepts: [] })).toThrow(
      "contract a must accept at least one message type",
    );
    expect(() => contract({ name: "a", accepts: [Asked, Asked] })).toThrow("accepts tests.asked.v2 twice");
    expect(() => contract({ name: "a", accepts: [Asked], publishes: [Other, Other] })).toThrow(
      "publishes tests.other.v1 twice",
    );
  });
});

describe("what a contract does not publish", () => {
  it("G3: does not compile, and is parked by name before anything is committed", () => {
    const unit: UnitOfWork<"tests.answered.v1"> = unitOfWork({ contract: answer, cause: anEnvelope() });
    unit.publish(Answered.from({ n: 1 }));
    // @ts-expect-error: the contract does not publish it
    expect(() => unit.publish(Other.from({ n: 1 }))).toThrow(
      "TYPE_NOT_PUBLISHED: the contract of answer does not publish tests.other.v1",
    );
    expect(unit.messages.map(({ type }) => type)).toEqual(["tests.answered.v1"]);
  });

  it("is known to the compiler in a handler, also when that is everything", () => {
    enterQueue();
    consumer(answer).handler(async (_message, unit) => {
      expectTypeOf(unit).toEqualTypeOf<UnitOfWork<"tests.answered.v1">>();
    });
    consumer(contract({ name: "silent", accepts: [Asked] })).handler(async (_message, unit) => {
      expectTypeOf(unit).toEqualTypeOf<UnitOfWork<never>>();
    });
  });
});

describe("a function at its start", () => {
  it("G2: holds its contract against the one it was deployed with", () => {
    enterQueue();
    const start = () => consumer(answer).handler(async () => undefined);
    expect(start).not.toThrow(); // no construct of ours deployed it
    vi.stubEnv(contractVariable, contractText(answer));
    expect(start).not.toThrow();
  });

  it.each([
    ["name", contract({ name: "pay-invoices", accepts: [Asked], publishes: [Answered] })],
    ["accepted types", contract({ name: "answer", accepts: [Asked, Other], publishes: [Answered] })],
    ["published types", contract({ name: "answer", accepts: [Asked] })],
  ])("G2: does not start with another %s, and names both contracts", (_what, deployed) => {
    enterQueue();
    vi.stubEnv(contractVariable, contractText(deployed));
    const start = () => consumer(answer).handler(async () => undefined);
    expect(start).toThrow(contractText(answer));
    expect(start).toThrow(contractText(deployed));
  });

  it("G2: does not start with a contract that cannot be read", () => {
    enterQueue();
    vi.stubEnv(contractVariable, "");
    expect(() => consumer(answer).handler(async () => undefined)).toThrow("CONTRACT_MISMATCH");
  });
});

function enterQueue(): void {
  vi.stubEnv("QUEUE_URL", "http://127.0.0.1/queue");
  vi.stubEnv("DEAD_LETTER_QUEUE_URL", "http://127.0.0.1/dead");
  vi.stubEnv("EVIDENCE_TABLE", "evidence");
  vi.stubEnv("MAX_RECEIVE_COUNT", "5");
}
