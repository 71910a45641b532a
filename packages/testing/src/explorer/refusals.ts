// AWS's answers when it refuses a request, or does only part of it; and messages whose text is altered in transit.
import { createHash } from "node:crypto";
import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { S3ServiceException } from "@aws-sdk/client-s3";
import { SQSServiceException } from "@aws-sdk/client-sqs";
import type { CallOutput } from "./call.ts";

export function connectionLost(): Error {
  return Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
}

/** An answer that refuses each statement, where that is how the service does it. @throws the service's error otherwise */
export function refused(kind: "throttled" | "conflict", command: string, input: unknown): CallOutput {
  if (kind === "throttled" || command !== "BatchExecuteStatement") throw refusal(kind, command, input);
  const { Statements = [] } = input as BatchInput;
  const Responses = Statements.map(() => ({ Error: { Code: "TransactionConflict" } }));
  return { response: {}, output: { $metadata: { httpStatusCode: 200 }, Responses } };
}

function refusal(kind: "throttled" | "conflict", command: string, input: unknown): Error {
  const $metadata = { httpStatusCode: 400 };
  const message = `${kind}, says the explorer`;
  if (command === "TransactWriteItems") {
    const { TransactItems = [] } = input as { TransactItems?: readonly unknown[] };
    const Code = kind === "conflict" ? "TransactionConflict" : "ThrottlingError";
    const CancellationReasons = TransactItems.map((_, index) => ({ Code: index === 0 ? Code : "None" }));
    return new TransactionCanceledException({ $metadata, message, CancellationReasons });
  }
  if (kind === "conflict") return new TransactionConflictException({ $metadata, message });
  if (/Message/.test(command)) {
    return new SQSServiceException({ name: "RequestThrottled", $fault: "client", $metadata, message });
  }
  if (/Object$/.test(command)) {
    const slowDown = {
      name: "SlowDown",
      $fault: "server",
      $metadata: { httpStatusCode: 503 },
      message,
    } as const;
    return new S3ServiceException(slowDown);
  }
  return new ProvisionedThroughputExceededException({ $metadata, message });
}

interface BatchInput {
  readonly Entries?: readonly { readonly Id?: string }[];
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly Statements?: readonly unknown[];
}

/** The input without its first entry; undefined when nothing is left to ask. */
export function withoutPart(command: string, input: unknown): unknown {
  const { Entries, RequestItems, Statements } = input as BatchInput;
  if (Statements)
    return Statements.length > 1 ? { ...(input as object), Statements: Statements.slice(1) } : nothing;
  if (Entries) return Entries.length > 1 ? { ...(input as object), Entries: Entries.slice(1) } : nothing;
  const [[table, wanted] = ["", []]] = Object.entries(RequestItems ?? {});
  if (command === "BatchGetItem") {
    const { Keys, ...how } = wanted as { Keys: unknown[] };
    return Keys.length > 1 ? { RequestItems: { [table]: { ...how, Keys: Keys.slice(1) } } } : nothing;
  }
  const requests = wanted as unknown[];
  return requests.length > 1 ? { RequestItems: { [table]: requests.slice(1) } } : nothing;
}

/** Nothing is left of the batch: no engine is asked. */
export const nothing = Symbol("nothing");

/** The answer as it is when the first entry was not done. */
export function partOf(command: string, input: unknown, { output, response }: CallOutput): CallOutput {
  const { Entries, RequestItems, Statements } = input as BatchInput;
  const whole = { $metadata: { httpStatusCode: 200 }, ...(output as object) };
  if (Entries) {
    const { Failed = [] } = whole as { Failed?: unknown[] };
    const failed = { Id: Entries[0]?.Id, SenderFault: false, Code: "InternalError" };
    return { response, output: { Successful: [], ...whole, Failed: [...Failed, failed] } };
  }
  if (Statements) {
    const { Responses = [] } = whole as { Responses?: unknown[] };
    return {
      response,
      output: { ...whole, Responses: [{ Error: { Code: "ThrottlingError" } }, ...Responses] },
    };
  }
  const [[table, wanted] = ["", []]] = Object.entries(RequestItems ?? {});
  if (command === "BatchGetItem") {
    const { Keys, ...how } = wanted as { Keys: unknown[] };
    return {
      response,
      output: { Responses: {}, ...whole, UnprocessedKeys: { [table]: { ...how, Keys: Keys.slice(0, 1) } } },
    };
  }
  return { response, output: { ...whole, UnprocessedItems: { [table]: (wanted as unknown[]).slice(0, 1) } } };
}

/** The input of a send with an altered text: the last alphanumeric character of the data becomes another. */
export function tampered(input: unknown): unknown {
  const { Entries, MessageBody } = input as { Entries?: { MessageBody: string }[]; MessageBody?: string };
  if (MessageBody !== undefined) return { ...(input as object), MessageBody: altered(MessageBody) };
  const changed = Entries?.map((entry, index) =>
    index === 0 ? { ...entry, MessageBody: altered(entry.MessageBody) } : entry,
  );
  return { ...(input as object), Entries: changed };
}

interface ReceivedMessage {
  readonly Body?: string;
}

/** The received messages, the first with an altered text and the checksum of that text, as an attacker would compute it. */
export function tamperedAnswer({ output, response }: CallOutput): CallOutput {
  const { Messages = [] } = output as { Messages?: readonly ReceivedMessage[] };
  const changed = Messages.map((message, index) => {
    if (index > 0) return message;
    const Body = altered(message.Body ?? "");
    return { ...message, Body, MD5OfBody: createHash("md5").update(Body).digest("hex") };
  });
  return { response, output: { ...(output as object), Messages: changed } };
}

export function altered(body: string): string {
  return body.replace(
    /([0-9a-z])([^0-9a-z]*)$/i,
    (_, last: string, rest: string) => (last === "7" ? "8" : "7") + rest,
  );
}
