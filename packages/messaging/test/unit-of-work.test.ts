import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import * as z from "zod";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { contract } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";

const Followed = messageType({
  type: "tests.followed.v1",
  schema: z.strictObject({ n: z.int() }),
  key: () => "key-9",
});
const draft = Followed.from({ n: 1 });
const shop = contract({ name: "shop", accepts: [Followed], publishes: [Followed] });

it("G2: a second run of the same work emits the same ids, another message or producer others", () => {
  const cause = anEnvelope({ id: "cause-1" });
  const [first, again] = [idsOf("shop", cause), idsOf("shop", cause)];
  expect(again).toEqual(first);
  expect(
    new Set([...first, ...idsOf("shop", anEnvelope({ id: "cause-2" })), ...idsOf("bank", cause)]).size,
  ).toBe(6);
});

it("carries correlation, causation, trace and hops from the cause", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const cause = {
    ...anEnvelope({ id: "cause-1", correlationid: "flow-7", hops: 3 }),
    traceparent: `00-${trace}-b7ad6b7169203331-01`,
  };
  const unit = unitOfWork({ contract: shop, cause });
  unit.publish(draft);
  expect(unit.messages[0]).toMatchObject({
    specversion: "1.0",
    source: "/shop",
    type: "tests.followed.v1",
    datacontenttype: "application/json",
    partitionkey: "key-9",
    correlationid: "flow-7",
    causationid: "cause-1",
    traceparent: expect.stringMatching(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`),
    hops: 4,
    data: { n: 1 },
  });
});

it("begins with nothing, and has nothing to wait for unless a schema is asynchronous", () => {
  const unit = unitOfWork({ contract: shop, cause: anEnvelope() });
  expect([unit.writes, unit.messages]).toEqual([[], []]);
  unit.publish(draft);
  expect(unit.checked()).toBeUndefined();
});

it("G1: a message that was replaced while its schema was still asked stays replaced", async () => {
  const Checked = messageType({
    type: "tests.checked.v1",
    schema: z.strictObject({ n: z.int() }).refine(async () => true),
    key: ({ n }) => `key-${n}`,
  });
  const unit = unitOfWork({
    contract: contract({ name: "shop", accepts: [Checked], publishes: [Checked] }),
    cause: anEnvelope(),
  });
  unit.publish(Checked.from({ n: 1 }));
  const [message] = unit.messages;
  if (message === undefined) throw new Error("it was published");
  unit.replace(0, { ...message, dataref: "s3://bucket/claims/a", data: undefined });
  await unit.checked();
  expect(unit.messages).toMatchObject([{ dataref: "s3://bucket/claims/a", partitionkey: "key-1" }]);
  expect(unit.messages[0]).toHaveProperty("data", undefined);
});

it("G4: numbers a message where its producer does", () => {
  const unit = unitOfWork({ contract: shop, cause: anEnvelope() });
  unit.publish(draft, { sequence: 7 });
  unit.publish(draft, draft);
  expect(unit.messages.map(({ sequence }) => sequence)).toEqual(["0000000000000007", undefined, undefined]);
  expect(() => unit.publish(draft, { sequence: 0 })).toThrow(
    "sequence must be a whole number from 1 to 9007199254740991, got 0",
  );
});

it.each([
  ["an empty key", ""],
  ["a key of 513 characters", "k".repeat(513)],
])("G3: takes no message that no consumer could read after the commit: %s", (_what, partitionkey) => {
  const unit = unitOfWork({ contract: shop, cause: anEnvelope() });
  expect(() => unit.publish({ ...draft, partitionkey })).toThrow(
    "partitionkey must be a string of 1 to 512 characters",
  );
});

function idsOf(producer: string, cause: ReturnType<typeof anEnvelope>): string[] {
  const unit = unitOfWork({ contract: { ...shop, name: producer }, cause });
  unit.publish(draft, draft);
  return unit.messages.map((message) => message.id);
}
