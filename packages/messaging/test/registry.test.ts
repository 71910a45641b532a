// When the relay reads the registry, and what it does when it cannot read it.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutboxRow } from "../src/commit/outbox.ts";
import { setClock } from "../src/core/clock.ts";
import {
  producersIn,
  type Registration,
  RegistrationInvalid,
  readRegistration,
} from "../src/publish/registration.ts";
import { askAgainMs, refreshMs, registry, staleMsMax } from "../src/publish/registry.ts";

let now: number;
let restoreClock: () => void;
let entries: Registration[] | undefined;
let asked: number;
/** What the last reading was told, and how long each takes. */
let askedUntilMs: number;
let takesMs: number;
let failure: Error | undefined;

beforeEach(() => {
  now = 1_781_524_800_000;
  restoreClock = setClock(() => now);
  entries = [sells, charges];
  asked = 0;
  takesMs = 0;
  failure = undefined;
});
afterEach(() => restoreClock());

describe("the registry", () => {
  it("G3: is read on first use, once for all who ask at the same time, and kept for a minute", async () => {
    const registered = aRegistry();
    const lines = await linesOf(() =>
      Promise.all([registered.known([aRow("sold")], inTime()), registered.known([], inTime())]),
    );
    expect(lines).toEqual([]);
    now += refreshMs - 1;
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
    expect(asked).toBe(1);
  });

  it("G11: is read within ten seconds, and with a second left to send", async () => {
    await aRegistry().known([], { deadlineMs: now + 60_000 });
    expect(askedUntilMs).toBe(now + 10_000);
    await aRegistry().known([], { deadlineMs: now + 5_000 });
    expect(askedUntilMs).toBe(now + 4_000);
  });

  it("G3: those who ask after a minute, while it is being read again, get the new one, too", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    entries = [sells, { ...charges, queue: "moved" }];
    now += refreshMs;
    const both = [queuesOf(registered, "sold"), queuesOf(registered, "sold")];
    expect(await Promise.all(both)).toEqual([["moved"], ["moved"]]);
    expect(asked).toBe(2);
  });

  it("G3: a consumer that comes for a known type gets what is sent a minute later", async () => {
    const registered = aRegistry();
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
    entries = [sells, charges, { ...charges, name: "logs", queue: "logs" }];
    now += refreshMs;
    expect(await queuesOf(registered, "sold")).toEqual(["charges", "logs"]);
  });

  it("G3: a type without a consumer makes it read the registry at once, and then only with the next minute", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    now += askAgainMs;
    entries = [sells, { ...charges, accepts: [["sold"], ["paid"]] }];
    expect(await queuesOf(registered, "paid")).toEqual(["charges"]);
    expect(asked).toBe(2);
    for (let time = 0; time < 3; time++) {
      now += askAgainMs;
      expect(await queuesOf(registered, "lost")).toBeUndefined();
    }
    expect(asked).toBe(3); // once for all three
  });

  it("G3: reads nothing again for what is unknown within five seconds, nor for what the reading just did not have", async () => {
    takesMs = askAgainMs;
    const registered = aRegistry();
    expect(await queuesOf(registered, "lost")).toBeUndefined();
    expect(asked).toBe(1);
    takesMs = 0;
    expect(await queuesOf(registered, "lost")).toBeUndefined();
    expect(asked).toBe(2);
    expect(await queuesOf(registered, "gone")).toBeUndefined();
    expect(asked).toBe(2);
    for (const [type, times] of [
      ["gone", 3],
      ["lost", 3],
    ] as const) {
      now += askAgainMs;
      await queuesOf(registered, type);
      expect(asked).toBe(times);
    }
  });

  it("G11: remembers a thousand unknown types, and then asks for all of them again", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    const many = Array.from({ length: 1_001 }, (_, n) => aRow(`lost-${n}`));
    for (const [rows, times] of [
      [many, 2],
      [many, 2],
      [[aRow("gone")], 3],
      [many, 4],
    ] as const) {
      now += askAgainMs;
      await registered.known(rows, inTime());
      expect(asked).toBe(times);
    }
  });

  it("G3: what is unknown or doubted goes by the last reading when it cannot be read again", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    failure = new Error("down");
    now += askAgainMs;
    expect(await queuesOf(registered, "lost")).toBeUndefined();
    now += askAgainMs;
    const { routes } = await registered.knownNow(inTime());
    expect(routes.queuesFor("sold")).toEqual(["charges"]);
  });

  it("G3: an entry that cannot be read is in the log, by the name of its contract", async () => {
    failure = new RegistrationInvalid("charge");
    const lines = await linesOf(() => queuesOf(aRegistry(), "sold").catch(() => undefined));
    expect(lines).toMatchObject([
      {
        code: "REGISTRY_UNREAD",
        errorCode: "RegistrationInvalid",
        detail: expect.stringContaining("entry of charge"),
      },
    ]);
  });

  it("G7: a producer who is not known is asked for as well", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    now += askAgainMs;
    entries = [sells, charges, { ...sells, name: "resell" }];
    const row = aRow("sold", "/resell");
    const { producers } = await registered.known([row], inTime());
    expect(producers?.wrote(row)).toBe(true);
  });

  it("G3: goes on with what it has for an hour when it cannot be read, and then lets the rows wait", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    failure = Object.assign(new Error("denied"), { name: "AccessDeniedException" });
    now += staleMsMax - 1;
    const lines = await linesOf(async () => {
      expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
    });
    expect(lines).toMatchObject([
      { level: "ERROR", code: "REGISTRY_UNREAD", errorCode: "AccessDeniedException" },
    ]);
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
    expect(asked).toBe(2); // not again at once
    now += 1;
    const unread = { code: "REGISTRY_UNREAD", waited: true, retryAfterSeconds: 30, cause: failure };
    await expect(queuesOf(registered, "sold")).rejects.toMatchObject(unread);
    failure = undefined;
    now += askAgainMs;
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
  });

  it("G3: without any reading nothing is sent", async () => {
    failure = new Error("down");
    await expect(queuesOf(aRegistry(), "sold")).rejects.toMatchObject({ code: "REGISTRY_UNREAD" });
  });

  it("G3: has no route before the relay's stack has opened it: others may still be to come", async () => {
    entries = undefined;
    const registered = aRegistry();
    const lines = await linesOf(async () => {
      expect(await queuesOf(registered, "sold")).toBeUndefined();
    });
    expect(lines).toMatchObject([
      { level: "WARN", code: "REGISTRY_NOT_OPEN" },
      { level: "WARN", code: "UNROUTED" },
    ]);
    now += refreshMs;
    entries = [sells, charges];
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
  });

  it("is read again at most every five seconds for who doubts it", async () => {
    const registered = aRegistry();
    await registered.known([], inTime());
    await registered.knownNow(inTime());
    expect(asked).toBe(1);
    now += askAgainMs;
    await registered.knownNow(inTime());
    expect(asked).toBe(2);
  });
});

describe("an entry", () => {
  it("G3: of a form that this release does not know is refused and not guessed", () => {
    const text = '{"form":2,"accepts":[["sold"]],"queue":"q","publishes":[]}';
    expect(() => readRegistration("charge", text)).toThrow("has the form 2, and this release reads form 1");
    expect(readRegistration("charge", text.replace('"form":2', '"form":1'))).toMatchObject({ queue: "q" });
  });

  it("may say more than this release knows, and less", () => {
    const text = '{"accepts":[["sold","sold.v0"]],"queue":"q","publishes":[],"since":"later"}';
    expect(readRegistration("charge", text)).toMatchObject({
      accepts: [["sold", "sold.v0"]],
      queue: "q",
      elsewhere: [],
      stack: "",
    });
  });

  it("G7: makes a producer of who publishes, with the table of its items", () => {
    expect(producersIn([sells, charges, { ...sells, name: "stock", table: "items" }])).toStrictEqual({
      tests: { publishes: ["sold"] },
      stock: { publishes: ["sold"], table: "items" },
    });
  });

  it("names limits and schedules for people, and is read without them where they are of another form", () => {
    const text = '{"accepts":[],"publishes":[],"limits":["carrier"],"schedules":true}';
    expect(readRegistration("charge", text)).toMatchObject({ limits: ["carrier"], schedules: true });
    const strange = readRegistration("charge", text.replace('["carrier"]', "5").replace("true", '"yes"'));
    expect(strange).not.toHaveProperty("limits");
    expect(strange).not.toHaveProperty("schedules");
  });

  it.each([
    "",
    "[]",
    '{"accepts":[["sold"]],"publishes":[]}',
    '{"accepts":["sold"],"queue":"q","publishes":[]}',
    '{"accepts":[[5]],"queue":"q","publishes":[]}',
    '{"accepts":[],"queue":5,"publishes":[]}',
    '{"accepts":[],"publishes":[],"stack":5}',
  ])("that cannot be read fails the reading, by the name of its contract: %o", (text) => {
    expect(() => readRegistration("charge", text)).toThrow("the registry's entry of charge must have");
  });
});

const sells: Registration = { name: "tests", accepts: [], publishes: ["sold"], elsewhere: [], stack: "Shop" };
const charges: Registration = {
  name: "charge",
  accepts: [["sold"]],
  queue: "charges",
  publishes: [],
  elsewhere: [],
  stack: "Bank",
};

function aRegistry() {
  return registry({
    async load({ deadlineMs }) {
      asked++;
      askedUntilMs = deadlineMs;
      now += takesMs;
      if (failure) throw failure;
      return entries;
    },
  });
}

async function queuesOf(registered: ReturnType<typeof aRegistry>, type: string) {
  return (await registered.known([aRow(type)], inTime())).routes.queuesFor(type);
}

function aRow(type: string, source = "/tests"): OutboxRow {
  const envelope = anEnvelope({ type, source });
  return {
    id: "row",
    key: { id: `${source.slice(1)}#1`, place: "1" },
    createdAt: envelope.time,
    messages: [{ body: "", envelope }],
    after: "",
    tried: false,
  };
}

function inTime() {
  return { deadlineMs: now + 10_000 };
}
