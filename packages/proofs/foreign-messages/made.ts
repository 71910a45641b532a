// Foreign messages that are large, or at a limit, or have attributes: made by a rule.

import {
  arrayLengthMax,
  bodyBytesMax,
  depthMax,
  keysMax,
  valuesMax,
} from "@essentially-once/messaging/internal/envelope/caps";
import type { SQSRecord } from "aws-lambda";
import { content, type Foreign, orderPlaced } from "./foreign-messages.ts";

export function made(): Foreign[] {
  const all: readonly [verdict: string, name: string, body: string, SQSRecord["messageAttributes"]?][] = [
    ["done", "an id of 512 characters", event({ id: "i".repeat(512) })],
    ["ENVELOPE_INVALID", "an id of 513 characters", event({ id: "i".repeat(513) })],
    ["done", "a source of 512 characters", event({ id: "source-512", source: `/${"s".repeat(511)}` })],
    ["ENVELOPE_INVALID", "a source of 513 characters", event({ source: `/${"s".repeat(512)}` })],
    ["TYPE_UNKNOWN", "a type of 512 characters", event({ type: "t".repeat(512) })],
    ["ENVELOPE_INVALID", "a type of 513 characters", event({ type: "t".repeat(513) })],
    [
      "done",
      "a key of 512 characters of three bytes",
      event({ id: "key-512", partitionkey: "語".repeat(512) }),
    ],
    [
      "done",
      "as deep as allowed",
      event({ id: "deep" }, "[".repeat(depthMax - 1) + "]".repeat(depthMax - 1)),
    ],
    ["TOO_DEEP", "one level too deep", event({}, "[".repeat(depthMax) + "]".repeat(depthMax))],
    ["TOO_DEEP", "nothing but brackets", "[".repeat(50_000) + "]".repeat(50_000)],
    ["done", "as long a list as allowed", event({ id: "list" }, listOf(arrayLengthMax))],
    ["ARRAY_TOO_LONG", "a list with one entry too many", event({}, listOf(arrayLengthMax + 1))],
    ["TOO_MANY_KEYS", "one key too many", event({}, objectOf(keysMax - 5))],
    ["TOO_MANY_VALUES", "too many values", event({}, `[${"[],".repeat(valuesMax)}[]]`)],
    ["done", "1 MiB, as much as SQS takes", filled({ id: "1 MiB" }, bodyBytesMax)],
    ["TOO_LARGE", "1 MiB and a byte", filled({ id: "1 MiB + 1" }, bodyBytesMax + 1)],
    ["NOT_JSON", "1 MiB of text", content.padEnd(bodyBytesMax, "x")],
    ["NOT_JSON", "1 MiB less ten attributes", content.padEnd(bodyBytesMax - 2_000, "x"), tenAttributes()],
    ["NOT_JSON", "text with ten attributes", `${content} and more`, tenAttributes()],
    ["done", "an event with ten attributes", event({ id: "ten attributes" }), tenAttributes()],
    ["ENVELOPE_INVALID", "a binary-mode event", JSON.stringify({ note: content }), binaryMode()],
  ];
  return all.map(([verdict, name, body, attributes]) => ({
    verdict,
    name,
    body,
    ...(attributes && { attributes }),
  }));
}

function event(changes: Readonly<Record<string, unknown>>, data = JSON.stringify({ note: content })): string {
  const attributes = { specversion: "1.0", id: "made", source: "/made", type: orderPlaced, ...changes };
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`;
}

/** So many bytes. */
function filled(changes: Readonly<Record<string, unknown>>, bytes: number): string {
  return event(changes, `"${"x".repeat(bytes - event(changes, '""').length)}"`);
}

function listOf(length: number): string {
  return `[${Array(length).fill(0)}]`;
}

function objectOf(keys: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: keys + 1 }, (_, key) => [`k${key}`, 0])));
}

/** Named like the kit's own, and almost so. */
function tenAttributes(): SQSRecord["messageAttributes"] {
  const names = ["ReasonCode", "ParkedAt", "signature", "Signature", "OriginalMessageId", "ReasonCode.2"];
  const texts = names.map((name) => [name, attribute("String", content)] as const);
  const bytes = {
    dataType: "Binary.png",
    binaryValue: "iVBORw0KGgo=",
    stringListValues: [],
    binaryListValues: [],
  };
  return {
    ...Object.fromEntries(texts),
    count: attribute("Number.int", "-1e10"),
    uuid: attribute("String.uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    image: bytes as SQSRecord["messageAttributes"][string],
    empty_like: attribute("String", " "),
  };
}

/** https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/amqp-protocol-binding.md, as people do on SQS. */
function binaryMode(): SQSRecord["messageAttributes"] {
  const attributes = { specversion: "1.0", id: "1", source: "/binary", type: orderPlaced };
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce-${name}`, attribute("String", value)]),
  );
}

function attribute(dataType: string, stringValue: string): SQSRecord["messageAttributes"][string] {
  return {
    dataType,
    stringValue,
    stringListValues: [],
    binaryListValues: [],
  } as SQSRecord["messageAttributes"][string];
}
