import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqs } from "../src/aws/sqs-client.ts";
import { setClock } from "../src/core/clock.ts";
import { allSlots } from "../src/schedule/due-items.ts";
import { slotOf } from "../src/schedule/scheduled-item.ts";
import { readWakeUp, secondOf, sendWakeUps, wakeUpFor } from "../src/schedule/wake-up.ts";

const nowMs = 1_800_000_000_000;

interface Sent {
  readonly QueueUrl: string;
  readonly Entries: readonly {
    readonly Id: string;
    readonly MessageBody: string;
    readonly DelaySeconds: number;
  }[];
}

let sent: Sent[];
let answer: (input: Sent) => unknown;

beforeEach(() => {
  process.env.AWS_REGION ??= "eu-central-1";
  sent = [];
  answer = ({ Entries }) => ({ Successful: Entries });
  setClock(() => nowMs);
  sqs().middlewareStack.add(
    () => async (args) => {
      sent.push(args.input as Sent);
      return { response: {}, output: answer(args.input as Sent) as never };
    },
    { name: "answers", step: "initialize", override: true },
  );
});
afterEach(() => {
  sqs().middlewareStack.remove("answers");
  setClock(Date.now)();
});

describe("wake-ups", () => {
  it("G12: are delayed until their second, for a second at least and ninety at most, ten in a request", async () => {
    const delays = [-5_000, 0, 1, 1_001, 89_000, 90_000, 91_000, ...Array(5).fill(7_000)];
    const wakeUps = delays.map((ms) => ({ atMs: nowMs + ms, slots: ["3"] }));
    expect(await linesOf(() => sendWakeUps("queue", wakeUps))).toEqual([]);
    const [first, second, ...more] = sent;
    expect([first?.Entries.length, second?.Entries.length, more]).toEqual([10, 2, []]);
    const entries = sent.flatMap(({ Entries }) => Entries);
    expect(entries.map(({ DelaySeconds }) => DelaySeconds)).toEqual([1, 1, 1, 2, 89, 90, 90, 7, 7, 7, 7, 7]);
    expect(entries.map(({ MessageBody }) => JSON.parse(MessageBody))).toEqual(wakeUps);
    expect(first?.QueueUrl).toBe("queue");
    expect(new Set(first?.Entries.map(({ Id }) => Id)).size).toBe(10);
  });

  it("are one for each second, with the slots in which something is due, and none for later", async () => {
    const [soon, same, next, edge, later] = ["a", "b", "c", "d", "e"];
    const due = new Map([
      [soon, nowMs + 4_001],
      [same, nowMs + 5_000],
      [`${same} again`, nowMs + 4_500],
      [next, nowMs + 5_001],
      [edge, nowMs + 90_000],
      [later, nowMs + 90_001],
    ] as [string, number][]);
    await wakeUpFor("queue", due);
    const bodies = sent.flatMap(({ Entries }) => Entries.map(({ MessageBody }) => JSON.parse(MessageBody)));
    expect(bodies).toEqual([
      { atMs: nowMs + 5_000, slots: [...new Set(["a", "b", "b again"].map(slotOf))] },
      { atMs: nowMs + 6_000, slots: [slotOf("c")] },
      { atMs: nowMs + 90_000, slots: [slotOf("d")] },
    ]);
    sent = [];
    await wakeUpFor("queue", new Map([["e", nowMs + 90_001]]));
    expect(sent).toEqual([]);
  });

  it("of two items in one slot name it once", async () => {
    const slots = new Map<string, string>();
    let twin = "";
    for (let n = 0; twin === ""; n++) {
      const other = slots.get(slotOf(String(n)));
      if (other === undefined) slots.set(slotOf(String(n)), String(n));
      else twin = `${other},${n}`;
    }
    await wakeUpFor("queue", new Map(twin.split(",").map((id) => [id, nowMs])));
    expect(JSON.parse(sent[0]?.Entries[0]?.MessageBody ?? "").slots).toHaveLength(1);
  });

  it("G12: that are not sent are a line each, and nobody fails for them", async () => {
    const wakeUps = ["1", "2", "3"].map((slot) => ({ atMs: nowMs, slots: [slot] }));
    answer = () => ({
      Successful: [{ Id: "0" }],
      Failed: [
        { Id: "1", Code: "Busy", SenderFault: false },
        { Id: "2", Code: "TooLong", SenderFault: true },
      ],
    });
    const line = { level: "WARN", code: "WAKE_UP_FAILED" };
    expect(await linesOf(() => sendWakeUps("queue", wakeUps))).toMatchObject([
      { ...line, errorCode: "Busy" },
      { ...line, errorCode: "TooLong" },
    ]);
    answer = () => {
      throw new TypeError("no answer");
    };
    expect(await linesOf(() => sendWakeUps("queue", wakeUps))).toMatchObject([
      { ...line, errorCode: "TypeError" },
    ]);
  });

  it("are read when they have a time and slots, and are nothing otherwise", () => {
    const wakeUp = { atMs: 1_000, slots: ["1", "2"] };
    expect(readWakeUp(JSON.stringify({ ...wakeUp, more: 1 }))).toEqual(wakeUp);
    expect(readWakeUp('{"atMs":1,"slots":[]}')).toEqual({ atMs: 1, slots: [] });
    const slots = Array.from({ length: 20_000 }, (_, slot) => String(slot % 10_000));
    expect(readWakeUp(JSON.stringify({ atMs: 1, slots }))).toEqual({ atMs: 1, slots: allSlots }); // G11
    for (const other of [
      "not JSON",
      "null",
      "{}",
      '{"atMs":"1000","slots":["1"]}',
      '{"atMs":1000,"slots":"1"}',
      '{"atMs":1000,"slots":["1",2]}',
    ])
      expect(readWakeUp(other), other).toBeUndefined();
  });

  it("G12: a second is the first whole one at which it is due", () => {
    expect([secondOf(1_000), secondOf(1_001), secondOf(1_999)]).toEqual([1_000, 2_000, 2_000]);
  });
});
