import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { describe, expect, it, onTestFinished } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { derivedHex, derivedId } from "../src/core/ids.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import {
  itemId,
  moveWrite,
  putWrite,
  readScheduledItem,
  removeWrite,
  type StoredItem,
  slotOf,
} from "../src/schedule/scheduled-item.ts";

const message = anEnvelope({ id: "m1", source: "/remind" });
const id = `remind#${derivedId("order 1").slice(0, 22)}`;
const slot = String(Number.parseInt(derivedHex(8, id), 16) % 16);
const [due, created] = ["2030-01-01T00:00:00.000Z", "2029-01-01T00:00:00.000Z"];
const item = { id, key: "order 1", message, due, slot, createdAt: created };
const stored: StoredItem = {
  id: { S: id },
  form: { N: "1" },
  key: { S: "order 1" },
  due: { S: due },
  slot: { S: slot },
  createdAt: { S: created },
  messageId: { S: "m1" },
  message: { S: asciiJson(message) },
};
const unmoved = {
  ConditionExpression: "messageId = :messageId AND due = :due",
  ExpressionAttributeValues: { ":messageId": { S: "m1" }, ":due": { S: due } },
};

describe("a scheduled item", () => {
  it("is named after its contract and key, and is always in the same slot", () => {
    expect([itemId("remind", "order 1"), slotOf(id)]).toEqual([id, slot]);
  });

  it("G12: is put where none is, or in the place of the one that was read, and then it can be read", () => {
    onTestFinished(setClock(() => Date.parse(created)));
    const put = { id, key: "order 1", message, dueMs: Date.parse(due) };
    const free = {
      ConditionExpression: "attribute_not_exists(id) OR messageId = :messageId",
      ExpressionAttributeValues: { ":messageId": { S: "m1" } },
    };
    expect(putWrite("t", put)).toEqual({ Put: { TableName: "t", Item: stored, ...free } });
    expect(putWrite("t", { ...put, message: { ...message, id: "m2" } }, item).Put).toMatchObject(unmoved);
    expect(readScheduledItem(stored)).toEqual(item);
  });

  it("G12: is moved and removed as it was read", () => {
    const Key = { id: { S: id } };
    const later = "2031-01-01T00:00:00.000Z";
    expect(moveWrite("t", { ...item, slot: "99" }, Date.parse(later))).toEqual({
      Update: {
        TableName: "t",
        Key,
        UpdateExpression: "SET due = :to, slot = :slot",
        ConditionExpression: unmoved.ConditionExpression,
        ExpressionAttributeValues: {
          ...unmoved.ExpressionAttributeValues,
          ":to": { S: later },
          ":slot": { S: "99" },
        },
      },
    });
    expect(removeWrite("t", item)).toEqual({ Delete: { TableName: "t", Key, ...unmoved } });
  });

  it("has its slot by its id when it has none of its own", () => {
    const { slot: _, ...without } = stored;
    expect(readScheduledItem(without)).toEqual(item);
    expect(readScheduledItem({ ...stored, slot: { S: "99" } })).toEqual({ ...item, slot: "99" });
  });

  it.each(["id", "key", "message", "due", "createdAt"])(
    "is none without its %s, or with another type",
    (name) => {
      for (const value of [undefined, { N: "1" }, { S: "" }]) {
        const broken = { ...stored, [name]: value } as StoredItem;
        expect(() => readScheduledItem(broken)).toThrow(/^Scheduled item .* must have the form 1, got 1$/);
      }
    },
  );

  it.each([
    [{ N: "2" }, "2"],
    [undefined, "NaN"],
  ])("of a later form is none (%#)", (form, got) => {
    expect(() => readScheduledItem({ ...stored, form } as StoredItem)).toThrow(
      `Scheduled item ${JSON.stringify(id)} must have the form 1, got ${got}`,
    );
    expect(readScheduledItem({ ...stored, form: { N: "0" } })).toEqual(item);
  });
});
