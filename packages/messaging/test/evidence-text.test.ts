import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { describe, expect, it } from "vitest";
import {
  type Beyond,
  barEntry,
  beyondOf,
  type Entry,
  type EvidenceText,
  entryOf,
  findEntry,
  findRecord,
  isUnsettled,
  marked,
  readText,
  recordLength,
  recordOf,
  withBeyond,
  withEntry,
  writeText,
} from "../src/commit/evidence-text.ts";
import { evidenceDays } from "../src/envelope/message-life.ts";

const today = 20_000;
const first: Beyond = { mark: "aaaaa", token: "12345678", row: 2, ownDay: 7, leaving: "" };
const second: Beyond = { mark: "bbbbb", token: "", row: -1, ownDay: 0, leaving: "r".repeat(recordLength) };

describe("the text of evidence by ids", () => {
  it("reads back what it wrote", () => {
    const text: EvidenceText = {
      floorMs: 36,
      lostMs: 37,
      lostDay: 38,
      beyond: [first, second],
      entries: ["a", "b"],
    };
    expect(readText(writeText(text))).toEqual(text);
    const nothing: EvidenceText = { floorMs: -1, lostMs: -1, lostDay: 0, beyond: [], entries: [] };
    expect(readText(writeText(nothing))).toEqual(nothing);
    expect(readText(undefined)).toEqual(nothing);
  });

  it("G2: is what every release writes", () => {
    const message = anEnvelope({
      id: "1",
      source: "/a",
      type: "t",
      time: "2026-01-01T00:00:00.000Z",
      data: { b: 1, a: 2 },
    });
    const one = entryOf("tests", message);
    expect(one).toMatchObject({ key: "Wd743OELFo-QVcdw7dvQFx", mark: "snUlV", timeMs: Date.UTC(2026, 0, 1) });
    expect(entryOf("tests", { ...message, time: "never" }).timeMs).toBe(0);
    expect(recordOf(one)).toBe("Wd743OELFo-QipmdYyWl");
    expect(recordLength).toBe(20);
    const ordered = withEntry(undefined, entryOf("tests", { ...message, data: 1 }), 5, today);
    expect(ordered).toMatch(/ [\w-]{22}\.[\w-]{16}\.\w+$/); // what is empty at the end is left out
    expect(recordOf({ ...one, barred: true })).toBe("Wd743OELFo-Qipmd!!!!");
    expect(withEntry(undefined, one, 5, today)).toBe(
      "-1~-1~snUlV Wd743OELFo-QVcdw7dvQFx.ipmdjfAvGXmSdAve.mjuohs00.YyWl6EfeT-d",
    );
    expect(barEntry(undefined, "tests", message, today)).toBe(
      "-1~-1~snUlV Wd743OELFo-QVcdw7dvQFx.ipmdjfAvGXmSdAve.mjuohs00.YyWl6EfeT-d.snUlV!",
    );
    const beyond = [first, { ...second, row: 0, leaving: "" }, { ...second, leaving: "" }];
    expect(writeText({ floorMs: 0, lostMs: 0, lostDay: 0, beyond, entries: ["a"] })).toBe(
      "0~0.0~aaaaa.12345678.2.7~bbbbb..0~bbbbb a",
    );
    expect(writeText({ floorMs: -1, lostMs: -1, lostDay: 0, beyond: [], entries: [] })).toBe("-1~-1");
  });

  it("G2: knows the same data in another order of keys", () => {
    const message = anEnvelope({ data: { b: 1, a: 2 } });
    const text = withEntry(undefined, entryOf("tests", message), 5, today);
    expect(findEntry(text, entryOf("tests", { ...message, data: { a: 2, b: 1 } }))).toBe("same");
  });

  it("G2: what was barred leaves the window as its own consumer's", () => {
    const message = anEnvelope();
    const barred = barEntry(undefined, "tests", message, today);
    const { beyond } = readText(withEntry(barred, entry(), 1, today));
    const own = entryOf("tests", message);
    expect(beyond).toMatchObject([{ mark: own.mark, leaving: recordOf({ ...own, barred: true }) }]);
  });

  it("G2: an entry that has a mark keeps it when the others get one", () => {
    const [unknown, known] = ["k.d.1.m", "k.d.1.m.aaaaa"];
    expect(marked(readText(`-1 ${unknown} ${known}`)).entries).toEqual([`${unknown}.?`, known]);
  });

  it("G2: what one consumer has beyond the window is changed alone", () => {
    const changed = { ...second, token: "87654321" };
    expect(withBeyond({ beyond: [first, second] }, changed).beyond).toEqual([first, changed]);
    expect(withBeyond({ beyond: [first] }, second).beyond).toEqual([first, second]);
    expect(beyondOf({ beyond: [first, second] }, "bbbbb")).toBe(second);
    expect(beyondOf({ beyond: [first] }, "bbbbb")).toEqual({ ...second, leaving: "" });
  });

  it("G2: knows a message in its window, and as a record when it has left; nothing is lost between", () => {
    const messages = [1, 2, 3].map((n) => entry({ minute: n }));
    let text: string | undefined;
    for (const one of messages) text = withEntry(text, one, 2, today);
    const [oldest, ...others] = messages as [Entry, Entry, Entry];
    expect(others.map((one) => findEntry(text ?? "", one))).toEqual(["same", "same"]);
    expect(findEntry(text ?? "", oldest)).toBeUndefined();
    const { beyond, floorMs } = readText(text);
    expect(beyond.map(({ leaving, ownDay }) => ({ leaving, ownDay }))).toEqual([
      { leaving: recordOf(oldest), ownDay: 0 },
    ]);
    expect(floorMs).toBe(oldest.timeMs); // as the release before this one decides
    const later = readText(withEntry(text, entry({ minute: 0 }), 1, today));
    expect(later.floorMs).toBe(Math.max(...messages.map(({ timeMs }) => timeMs)));
    expect(later.beyond[0]?.leaving).toBe(messages.map(recordOf).join(""));
  });

  it("D15: other data under a known id are told apart, in an entry and in each record of a row", () => {
    const [one, two] = [entry(), entry()];
    const altered = { ...one, said: entryOf("tests", anEnvelope({ data: { other: true } })).said };
    const records = recordOf(two) + recordOf(one);
    expect([one, two, altered, entry()].map((each) => findRecord(records, each))).toEqual([
      "same",
      "same",
      "other",
      undefined,
    ]);
    expect(findRecord(recordOf({ ...one, barred: true }), one)).toBe("barred");
    const text = withEntry(undefined, one, 5, today);
    expect([one, altered, two].map((each) => findEntry(text, each))).toEqual(["same", "other", undefined]);
  });

  it("G2: the entry of a second consumer is its own, also when it leaves", () => {
    const [mine, other] = [entry(), entry({ consumer: "second" })];
    const text = withEntry(withEntry(undefined, mine, 5, today), other, 5, today);
    expect(readText(text).beyond.map(({ mark }) => mark)).toEqual([mine.mark, other.mark]);
    const left = readText(withEntry(text, entry(), 1, today)).beyond;
    expect(left.map(({ leaving }) => leaving)).toEqual([recordOf(mine), recordOf(other)]);
  });

  it("G2: an unsettled text of the release before this one stays unsettled when an operator bars a message", () => {
    const message = anEnvelope();
    const { mark } = entryOf("tests", message);
    const kept = entry();
    const old = `${(5).toString(36)} ${withEntry(undefined, kept, 5, today).split(" ")[1]}`;
    expect(isUnsettled(readText(old), mark)).toBe(true);
    const barred = barEntry(old, "tests", message, today);
    expect(isUnsettled(readText(barred), mark)).toBe(true);
    expect(findEntry(barred, kept)).toBe("same");
    expect(findEntry(barred, entryOf("tests", message))).toBe("barred");
    const settled = withBeyond(readText(old), { ...first, mark });
    expect(isUnsettled(settled, mark)).toBe(false);
    expect(isUnsettled(withBeyond(readText(old), { ...first, mark: "other" }), mark)).toBe(true);
    expect(isUnsettled({ ...readText(old), floorMs: 0, lostMs: 0 }, mark)).toBe(true);
    expect(isUnsettled({ ...readText(old), lostMs: -1 }, mark)).toBe(false);
    expect(isUnsettled({ ...readText(old), floorMs: -1 }, mark)).toBe(false);
  });

  it("G2: entries of an unknown consumer move to a place that every consumer reads, as long as evidence counts", () => {
    const kept = withEntry(undefined, entry(), 5, today).split(" ")[1];
    const old = `-1 ${kept}`; // nothing had left its window
    const text = withEntry(old, entry(), 1, today);
    const unknown = beyondOf(readText(text), "?");
    expect(unknown).toMatchObject({ ownDay: today, leaving: expect.stringMatching(/^.{20}$/) });
    const [last, over] = [today + evidenceDays, today + evidenceDays + 1];
    const marksOn = (day: number) =>
      readText(withEntry(text, entry(), 5, day)).beyond.map(({ mark }) => mark);
    expect(marksOn(last)).toContain("?");
    expect(marksOn(over)).not.toContain("?");
  });
});

function entry({ consumer = "tests", minute = 0 } = {}): Entry {
  return entryOf(consumer, anEnvelope({ time: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() }));
}
