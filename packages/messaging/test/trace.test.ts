import { describe, expect, it } from "vitest";
import {
  childTraceparent,
  invocationTrace,
  readTraceparent,
  traceHeaderOf,
  traceOf,
  traceparentOf,
} from "../src/observe/trace.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const message = { source: "/shop", id: "m-1", traceparent };

describe("trace", () => {
  it("is that of the message", () => {
    expect(traceOf(message)).toEqual({ traceId, parentId: "b7ad6b7169203331", sampled: true });
    expect(traceparentOf(traceOf(message))).toBe(traceparent);
  });

  it.each([
    ["none", undefined],
    ["text that is none", "a secret"],
    ["one with more behind it that is not a field", `${traceparent}secret`],
    ["the forbidden version", `ff${traceparent.slice(2)}`],
    ["no trace", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["no span", `00-${traceId}-${"0".repeat(16)}-01`],
    ["one with more in front", `0${traceparent}`],
    ["capitals", traceparent.toUpperCase()],
  ])("begins with a message that has %s, and is the same on each delivery", (_what, given) => {
    expect(readTraceparent(given)).toBeUndefined();
    const untraced = { source: "/shop", id: "m-1", ...(given !== undefined && { traceparent: given }) };
    const trace = traceOf(untraced);
    expect(readTraceparent(traceparentOf(trace))).toEqual({ ...trace, sampled: false });
    expect(traceOf(untraced)).toEqual(trace);
    expect(traceOf({ ...untraced, id: "m-2" }).traceId).not.toBe(trace.traceId);
  });

  it("is the same on every machine", () => {
    expect(traceparentOf(traceOf({ source: "/shop", id: "m-1" }))).toBe(
      "00-16b5ab6e53d94a5206da471858f07acb-f43015c51552cc6e-00",
    );
    expect(childTraceparent(message, "reserve-credit")).toBe(
      "00-0af7651916cd43dd8448eb211c80319c-73072a00429d1b4d-01",
    );
  });

  it("may have an id with zeros in it", () => {
    const zeros = `00-${"0".repeat(31)}1-${"0".repeat(15)}1-00`;
    expect(readTraceparent(zeros)).toEqual({
      traceId: `${"0".repeat(31)}1`,
      parentId: `${"0".repeat(15)}1`,
      sampled: false,
    });
  });

  it("takes a later version with more fields", () => {
    expect(readTraceparent(`01-${traceId}-b7ad6b7169203331-01-more`)?.traceId).toBe(traceId);
  });

  it("G2: goes on in what a message causes, under a span that every run of the same work has", () => {
    const child = readTraceparent(childTraceparent(message, "reserve-credit"));
    expect(child).toMatchObject({ traceId, sampled: true });
    expect(child?.parentId).not.toBe("b7ad6b7169203331");
    expect(childTraceparent(message, "reserve-credit")).toBe(childTraceparent(message, "reserve-credit"));
    expect(childTraceparent(message, "ship-order")).not.toBe(childTraceparent(message, "reserve-credit"));
  });

  it("begins with what Lambda says of the invocation", () => {
    const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0";
    expect(invocationTrace(header)).toEqual({
      traceId: "5759e988bd862e3fe1be46a994272793",
      parentId: "53995c3f42cd8ad8",
      sampled: true,
    });
    expect(invocationTrace(header.replace("Sampled=1", "Sampled=0"))?.sampled).toBe(false);
    expect(invocationTrace("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8")?.sampled).toBe(
      false,
    );
    for (const none of [
      undefined,
      "",
      "Root=1-5759e988-bd862e3fe1be46a994272793",
      "Root=x;Parent=y;Sampled=1",
    ]) {
      expect(invocationTrace(none)).toBeUndefined();
    }
  });

  it("is passed to X-Ray only when it is sampled", () => {
    expect(traceHeaderOf(message)).toBe(
      "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1",
    );
    expect(traceHeaderOf({ ...message, traceparent: traceparent.replace(/01$/, "00") })).toBeUndefined();
    expect(traceHeaderOf({ source: "/shop", id: "m-1" })).toBeUndefined();
  });
});
