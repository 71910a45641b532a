import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { bodyId } from "../src/envelope/message-group.ts";
import { type Holds, holdId, holds } from "../src/receive/holds.ts";
import { keyOrder } from "../src/receive/key-order.ts";

const day = 86_400;
/** 14 days in the dead-letter queue, and 10 in the source queue after a redrive on the last of them. */
const lifeDays = 24;

let world: World;
let nowSeconds = 1_800_000_000;
let line: Holds;
let queueName: string;

beforeAll(async () => {
  world = await aWorld();
  setClock(() => nowSeconds * 1_000);
});
beforeEach(() => {
  queueName = `${newId()}.fifo`;
  line = holds({ table: world.output("OrderedEvidenceTable"), queueName });
});
afterAll(() => world.stop());

describe("a line", () => {
  it("G4: knows when each of its messages was last parked, also after others join, return or leave", async () => {
    const began = nowSeconds;
    for (const id of ["a", "b", "c"]) {
      await line.join("g", id);
      nowSeconds += day;
    }
    expect(await line.join("g", "b")).toMatchObject({
      line: ["a", "b", "c"],
      parkedAt: [began, began + 3 * day, began + 2 * day],
    });
    expect(await line.leave("g", "a")).toMatchObject({
      line: ["b", "c"],
      parkedAt: [began + 3 * day, began + 2 * day],
    });
    const [held] = (await line.read(["g"])).values();
    expect(held).toMatchObject({ line: ["b", "c"], parkedAt: [began + 3 * day, began + 2 * day] });
    const item = await world.get(world.output("OrderedEvidenceTable"), holdId(queueName, "g"));
    expect(item).toMatchObject({ group: "g", queue: queueName }); // for whoever looks into the table
  });
});

describe("a line that another process empties", () => {
  it("G4: at the same time is empty for the message that leaves it next", async () => {
    for (const id of ["a", "b"]) await line.join("g", id);
    let isFirst = true;
    dynamodb().middlewareStack.add(
      (next, { commandName }) =>
        async function endMeanwhile(args) {
          if (commandName === "UpdateItemCommand" && isFirst) {
            isFirst = false;
            for (const id of ["a", "b"]) await line.leave("g", id);
          }
          return next(args);
        },
      { name: "end-meanwhile", step: "initialize" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("end-meanwhile"));
    expect(await line.leave("g", "a")).toEqual({ line: [], parkedAt: [], passed: [] });
  });
});

describe("a line that others change all the time", () => {
  it.each([
    ["join", 6, { line: ["a", "b"], parkedAt: [1, 1] }], // once to find it there
    ["leave", 5, { line: ["a", "b"], parkedAt: [1, 1] }],
    ["leave", 5, { line: ["a"], parkedAt: [1] }],
  ] as const)("G11: is given up by %s after %i tries, and the message waits", async (step, tries, found) => {
    for (const id of found.line) await line.join("g", id);
    const tried: unknown[] = [];
    dynamodb().middlewareStack.add(
      (next, { commandName }) =>
        async function changeMeanwhile(args) {
          if (!/^(Update|Delete)Item/.test(commandName ?? "")) return next(args);
          if (tried.push(commandName) > 9) throw new Error("there is no end to it");
          const Item = marshall({ id: "any", ...found });
          throw new ConditionalCheckFailedException({ message: "moved", $metadata: {}, Item });
        },
      { name: "change-meanwhile", step: "initialize" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("change-meanwhile"));
    await expect(line[step]("g", "a")).rejects.toMatchObject({ code: "HOLD_CONTENDED", waited: true });
    expect(tried).toHaveLength(tries);
  });
});

describe("a change of a line that the table refuses", () => {
  it.each([
    ["join", [], /NOT contains/],
    ["join", ["a"], /SET parkedAt/],
    ["leave", ["a"], /DeleteItem/],
    ["leave", ["a", "b"], /REMOVE line/],
  ] as const)("G4: fails %s of %j, and does not pass for a line that moved", async (step, found, refused) => {
    for (const id of found) await line.join("g", id);
    dynamodb().middlewareStack.add(
      (next, { commandName }) =>
        async function refuse(args) {
          if (!refused.test(`${commandName} ${JSON.stringify(args.input)}`)) return next(args);
          throw new Error("throttled");
        },
      { name: "refuse", step: "initialize" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("refuse"));
    await expect(line[step]("g", "a")).rejects.toThrow("throttled");
  });
});

describe("who left a line", () => {
  it("G4, G11: is known of the last ten, which is as many as a batch of a FIFO queue has", async () => {
    const ids = Array.from({ length: 13 }, (_, n) => `m${n}`);
    for (const id of ids) await line.join("g", id);
    for (const id of ids.slice(0, 9)) await line.leave("g", id);
    expect(await line.leave("g", "m9")).toMatchObject({ line: ids.slice(10), passed: ids.slice(0, 10) });
    expect(await line.leave("g", "m10")).toMatchObject({ line: ids.slice(11), passed: ids.slice(1, 11) });
    expect(await line.leave("g", "m10")).toMatchObject({ line: ids.slice(11), passed: ids.slice(1, 11) });
    await line.leave("g", "m11");
    expect(await line.leave("g", "m12")).toEqual({ line: [], parkedAt: [], passed: [] });
    expect(await line.leave("g", "m12")).toEqual({ line: [], parkedAt: [], passed: [] });
  });
});

describe("a key whose first dead letter was never handled", () => {
  it("G4: is held as long as SQS may have the dead letter or the redriven message", async () => {
    await line.join("g", bodyId("first"));
    nowSeconds += lifeDays * day;
    expect(await admission("second")).toBe("HELD");
  });

  it("G4, G11: goes on afterwards, past all dead letters that are gone, to the first that may still exist", async () => {
    await line.join("g", bodyId("first"));
    await line.join("g", bodyId("second"));
    nowSeconds += day;
    await line.join("g", bodyId("third"));
    nowSeconds += lifeDays * day;
    const said = await linesOf(async () => expect(await admission("fourth")).toBe("HELD"));
    expect(said).toMatchObject([
      { level: "ERROR", code: "HOLD_EXPIRED", group: "g", bodyId: bodyId("first"), behind: 2 },
      { code: "HOLD_EXPIRED", group: "g", bodyId: bodyId("second"), behind: 1 },
    ]);
    const [held] = (await line.read(["g"])).values();
    expect(held?.line).toEqual([bodyId("third")]);
    expect(await admission("third")).toBe("runs");
    nowSeconds += 1;
    expect(await admission("fourth")).toBe("runs");
    expect([...(await line.read(["g"])).keys()]).toEqual([]);
  });

  it("G4: stays held when the dead letter was redriven and parked again", async () => {
    await line.join("g", bodyId("first"));
    nowSeconds += 20 * day;
    await line.join("g", bodyId("first"));
    nowSeconds += 5 * day;
    expect(await admission("second")).toBe("HELD");
  });

  it("G4: the first itself runs, however late it comes", async () => {
    await line.join("g", bodyId("first"));
    nowSeconds += 2 * lifeDays * day;
    expect(await admission("first")).toBe("runs");
    const [held] = (await line.read(["g"])).values();
    expect(held?.line).toEqual([bodyId("first")]);
  });
});

async function admission(body: string): Promise<string> {
  const record = anSqsRecord(body, { queueName, group: "g" });
  try {
    await keyOrder({ holds: line, records: [record] }).admit(record);
    return "runs";
  } catch (error) {
    if (error instanceof Park) return error.code;
    throw error;
  }
}
