// What a request may say, read once: everything else of the server trusts it.

import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { PauseRequest, ResumeRequest } from "../api/consumers.ts";
import type { DiscardRequest, EditRequest, RedriveRequest } from "../api/dead-letter.ts";
import type { PullRequest } from "../api/pull.ts";
import type { SendRequest, TroubleRequest } from "../api/trouble.ts";
import { NotRight } from "../data/source.ts";
import { Refused } from "./answer.ts";

/** A dead letter has at most 1 MiB; its data as text of JSON may be longer. */
const BODY_BYTES_MAX = 4 * 1_048_576;
const TEXT_MAX = 2_048;
const KEYS_MAX = 10_000;

const name = z.string().min(1).max(TEXT_MAX);
const message = z.strictObject({ id: name, source: name });
const selection = z.union([
  z.strictObject({ keys: z.array(name).min(1).max(KEYS_MAX) }),
  z.strictObject({ group: name }),
  z.strictObject({ consumer: name }),
  z.strictObject({ all: z.literal(true) }),
]);
const trust = z.boolean().optional();
const because = z.string().trim().min(1, "say why: the reason is kept with the record").max(500);

export const bodies = {
  redrive: z.discriminatedUnion("dryRun", [
    z.strictObject({ dryRun: z.literal(true), selection, force: z.boolean().optional() }),
    z.strictObject({ dryRun: z.literal(false), job: name }),
  ]),
  discard: z.discriminatedUnion("dryRun", [
    z.strictObject({ dryRun: z.literal(true), selection, because, trust }),
    z.strictObject({ dryRun: z.literal(false), job: name, because }),
  ]),
  edit: z.strictObject({ key: name, dryRun: z.boolean(), data: z.string(), trust }),
  pause: z.strictObject({ consumer: name, because }),
  resume: z.strictObject({ consumer: name }),
  pull: z.strictObject({ key: name, inspect: z.boolean() }),
  pullStop: z.strictObject({ id: name }),
  trouble: z.discriminatedUnion("what", [
    z.strictObject({ what: z.literal("kill"), functionPath: name }),
    z.strictObject({ what: z.literal("duplicate"), functionPath: name, message: message.optional() }),
    z.strictObject({ what: z.literal("drop-response"), functionPath: name }),
    z.strictObject({ what: z.literal("stop-outside"), outside: name }),
    z.strictObject({ what: z.literal("start-outside"), outside: name }),
  ]),
  send: z.strictObject({ form: name, data: z.string() }),
};

type Bodies = {
  redrive: RedriveRequest;
  discard: DiscardRequest;
  edit: EditRequest;
  pause: PauseRequest;
  resume: ResumeRequest;
  pull: PullRequest;
  pullStop: { readonly id: string };
  trouble: TroubleRequest;
  send: SendRequest;
};

/** @throws Refused for another type of content or too much of it, NotRight for what does not fit */
export async function readBody<Kind extends keyof Bodies>(
  request: IncomingMessage,
  kind: Kind,
): Promise<Bodies[Kind]> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new Refused(415, `The content-type must be application/json, got ${JSON.stringify(type ?? "")}.`);
  const value = parsed(await textOf(request));
  const { success, data, error } = bodies[kind].safeParse(value);
  if (success) return data as Bodies[Kind];
  throw new NotRight(
    "The request does not fit.",
    error.issues.map(({ path, message }) => ({ path: pointer(path), message })),
  );
}

/** The text of a query parameter; undefined when it is absent or empty. @throws NotRight when it is too long */
export function parameter(query: URLSearchParams, key: string): string | undefined {
  const value = query.get(key) ?? "";
  if (value.length > TEXT_MAX) throw new NotRight(`${key} must have at most ${TEXT_MAX} characters.`);
  return value === "" ? undefined : value;
}

export function requiredParameter(query: URLSearchParams, key: string): string {
  const value = parameter(query, key);
  if (value === undefined) throw new NotRight(`The address needs ${key}=…`);
  return value;
}

export function wholeParameter(query: URLSearchParams, key: string): number | undefined {
  const value = parameter(query, key);
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new NotRight(`${key} must be a whole number, got ${JSON.stringify(value)}.`);
}

export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX)
      throw new Refused(413, `A request may have ${BODY_BYTES_MAX} bytes.`, { connection: "close" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotRight("The body must be JSON.", [], { cause });
  }
}
