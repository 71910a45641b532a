// A function for the tests of the local cloud: the code of a handler, written to a directory of its own.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Emit, LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import type { LocalFunction } from "@essentially-once/local-cloud/internal/model/model";
import { temporaryDirectory } from "./synthesized.ts";

/** `code` is the text of `index.mjs`. */
export function aLocalFunction(code: string, properties: Partial<LocalFunction> = {}): LocalFunction {
  const codeDirectory = temporaryDirectory("function");
  writeFileSync(join(codeDirectory, "index.mjs"), code);
  const functionName = properties.functionName ?? `function-${codeDirectory.slice(-6)}`;
  return {
    path: `Test/${functionName}`,
    functionName,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    codeDirectory,
    handler: "index.handler",
    timeoutMs: 5_000,
    memoryMegabytes: 128,
    environment: {},
    roleArn: `arn:aws:iam::000000000000:role/${functionName}`,
    ...properties,
  };
}

/** Keeps what the local cloud tells. */
export function aRecorder() {
  const events: LocalEvent[] = [];
  const onEvent: Emit = (event) => void events.push(event);
  function of<Kind extends LocalEvent["kind"]>(kind: Kind) {
    return events.filter((event): event is Extract<LocalEvent, { kind: Kind }> => event.kind === kind);
  }
  return {
    onEvent,
    of,
    /** What handlers wrote with `console.log(JSON.stringify(...))`. */
    said: (): unknown[] => of("log").flatMap(({ line }) => (/^[{[]/.test(line) ? [JSON.parse(line)] : [])),
  };
}

/** Polls until the condition gives a truthy value. */
export async function eventually<Value>(
  condition: () => Value | Promise<Value>,
  withinMs = 120_000, // bounds a wait that would never end
): Promise<NonNullable<Value>> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await sleep(20);
  }
}
