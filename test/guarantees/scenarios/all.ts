// The scenarios of the gate: every mode of the kit, and the functions of the sample.
import type { Scenario } from "../explorer/scenario.ts";
import { atMostOnceScenario } from "./at-most-once.ts";
import { effectScenario } from "./effect.ts";
import { fifoScenario } from "./fifo.ts";
import { inlineScenario } from "./inline.ts";
import { journeyScenario } from "./journey.ts";
import { publisherScenario } from "./publisher.ts";
import { pullScenario } from "./pull.ts";
import { rowsAloneScenario, rowsScenario } from "./rows.ts";
import { sampleScenarios } from "./sample.ts";

export function scenarios(): Scenario[] {
  return [
    rowsScenario(),
    rowsAloneScenario(),
    inlineScenario(),
    inlineScenario({ by: "sequence" }),
    atMostOnceScenario(),
    effectScenario(),
    fifoScenario(),
    fifoScenario({ redriven: true }),
    publisherScenario("stream"),
    publisherScenario("sweeper"),
    publisherScenario("race"),
    pullScenario("with-state"),
    pullScenario("after-effect"),
    pullScenario("rebuild"),
    journeyScenario(),
    ...sampleScenarios(),
  ];
}

/** Those whose pairs of faults the gate explores whole. */
export function coreScenarios(): Scenario[] {
  return [
    rowsScenario(),
    inlineScenario({ messages: 1 }),
    atMostOnceScenario({ messages: 1 }),
    effectScenario(),
  ];
}

/** Concurrent workers on the same messages, small enough for every order of their calls. */
export function concurrentScenarios(): Scenario[] {
  return [
    rowsScenario({ workers: 2 }),
    rowsAloneScenario({ workers: 3, messages: 1 }),
    inlineScenario({ workers: 2 }),
    inlineScenario({ workers: 3, messages: 1 }),
    atMostOnceScenario({ workers: 3, messages: 1 }),
    effectScenario({ workers: 2 }),
    pullScenario("with-state", { workers: 2 }),
  ];
}
