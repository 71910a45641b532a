import { describe, expect, it } from "vitest";
import { replay } from "./replay.ts";
import { readTrace, type TraceState } from "./trace.ts";
import { digestInTrace, digestOfSpecification, traceFile, traceNames } from "./write-traces.ts";

describe("a trace of the Quint model", () => {
  it.each(traceNames)(
    "G1, G2, G3, G6: the code goes where the trace goes, step by step (%s)",
    async (name) => {
      const trace = readTrace(traceFile(name));
      expect(trace.length).toBeGreaterThan(15);
      await replay(trace);
    },
  );

  it.each(traceNames)("was made from the specification as it is (%s)", (name) => {
    expect(digestInTrace(name), "run node packages/proofs/model/write-traces.ts").toBe(
      digestOfSpecification(),
    );
  });

  it("with a step that the code does not make is refused by its number", async () => {
    const trace = readTrace(traceFile("eventful"));
    const at = trace.findIndex(({ action }) => action === "commit");
    const without = trace.with(at, { ...(trace[at] as TraceState), messages: trace[at - 1]?.messages ?? [] });
    await expect(replay(without)).rejects.toThrow(new RegExp(`^step ${at}, commit: `));
  });
});
