// The scenarios of the gate: every mode of the kit, and those that files in `services/` export for functions of services.
import { globSync } from "node:fs";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { atMostOnceScenario } from "./at-most-once.ts";
import { claimsScenario } from "./claims.ts";
import { effectScenario } from "./effect.ts";
import { fifoScenario } from "./fifo.ts";
import { inlineOverflowScenario, inlineScenario, messagesInItemScenario } from "./inline.ts";
import { journeyScenario } from "./journey.ts";
import { limitedScenario } from "./limited.ts";
import { rawJsonScenario, s3Scenario } from "./origins.ts";
import { publisherScenario } from "./publisher.ts";
import { pullScenario } from "./pull.ts";
import { givenUpScenario, redriveScenario } from "./redrive.ts";
import { rowsAloneScenario, rowsScenario } from "./rows.ts";

const services: { scenarios(): Scenario[] }[] = await Promise.all(
  globSync("services/*.ts", { cwd: import.meta.dirname })
    .sort()
    .map((file) => import(new URL(file, import.meta.url).href)),
);

export function scenarios(): Scenario[] {
  return [
    rowsScenario(),
    rowsAloneScenario(),
    messagesInItemScenario(),
    inlineScenario(),
    inlineScenario({ by: "sequence" }),
    inlineScenario({ apart: true }),
    inlineScenario({ by: "sequence", apart: true }),
    inlineOverflowScenario(),
    atMostOnceScenario(),
    effectScenario(),
    effectScenario({ messages: 2 }),
    limitedScenario(),
    fifoScenario(),
    fifoScenario({ redriven: true }),
    publisherScenario("stream"),
    publisherScenario("sweeper"),
    publisherScenario("race"),
    publisherScenario("stream", { former: true }),
    publisherScenario("stream", { gone: true }),
    pullScenario("with-state"),
    pullScenario("after-effect"),
    pullScenario("rebuild"),
    journeyScenario(),
    claimsScenario(),
    rawJsonScenario(),
    s3Scenario(),
    redriveScenario(),
    givenUpScenario("edit"),
    givenUpScenario("discard"),
    givenUpScenario("edit", { form: "inline" }),
    givenUpScenario("discard", { form: "inline" }),
    ...services.flatMap((service) => service.scenarios()),
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

/** With more pairs than the bounded gate has time for. */
export function longCoreScenarios(): Scenario[] {
  return [claimsScenario()];
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
    limitedScenario({ messages: 1, workers: 2 }),
    pullScenario("with-state", { workers: 2 }),
    rowsScenario({ workers: 3 }),
    rowsAloneScenario({ workers: 2 }),
    inlineScenario({ by: "sequence", workers: 2 }),
    inlineScenario({ apart: true, workers: 2 }),
    messagesInItemScenario({ workers: 2, messages: 2 }),
    inlineOverflowScenario({ workers: 2, messages: 1 }),
    atMostOnceScenario({ workers: 2 }),
    pullScenario("after-effect", { workers: 2 }),
  ];
}

/** With more orders than the bounded gate has time for. */
export function longConcurrentScenarios(): Scenario[] {
  return [effectScenario({ workers: 3 }), pullScenario("with-state", { workers: 3 })];
}
