// When the relay reads the registry, and what it does when it cannot read it.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutboxRow } from "../src/commit/outbox.ts";
import { setClock } from "../src/core/clock.ts";
import { type Registration, readRegistration } from "../src/publish/registration.ts";
import { askAgainMs, refreshMs, registry, staleMsMax } from "../src/publish/registry.ts";

let now: number;
let restoreClock: () => void;
let entries: Registration[] | undefined;
let asked: number;
let failure: Error | undefined;

beforeEach(() => {
  now = 1_781_524_800_000;
  restoreClock = setClock(() => now);
  entries = [sells, charges];
  asked = 0;
  failure = undefined;
});
afterEach(() => restoreClock());

describe("the registry", () => {
  it("G3: is read on first use, once for all who ask at the same time, and kept for a minute", async () => {
    const registered = aRegistry();
    await Promise.all([registered.known([aRow("sold")], inTime()), registered.known([], inTime())]);
    now += refreshMs - 1;
    expect(await queuesOf(registered, "sold")).toEqual(["charges"]);
    expect(asked).toBe(1);
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
    expect(lines).toMatchObject([{ code: "REGISTRY_UNREAD", errorCode: "AccessDeniedException" }]);
    now += askAgainMs;
    await expect(queuesOf(registered, "sold")).rejects.toMatchObject({ code: "REGISTRY_UNREAD" });
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
    expect(lines.map(({ code }) => code)).toEqual(["REGISTRY_NOT_OPEN", "UNROUTED"]);
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

  it("may say more than this release knows", () => {
    const text = '{"accepts":[["sold","sold.v0"]],"queue":"q","publishes":[],"since":"later"}';
    expect(readRegistration("charge", text)).toMatchObject({ accepts: [["sold", "sold.v0"]], queue: "q" });
  });

  it.each([
    "",
    "[]",
    '{"accepts":[["sold"]],"publishes":[]}',
    '{"accepts":["sold"],"queue":"q","publishes":[]}',
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
    async load() {
      asked++;
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
