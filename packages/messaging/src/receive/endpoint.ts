// Step 1 of 4: request → state and outbox. A synchronous producer behind a function URL: the caller's
// `Idempotency-Key` is the identity of the request, so the same key gets the same answer.
//
//   G1. The answer is given after state and outgoing messages have committed together.
//   G2. A repeated request takes effect once; its answer is the receipt in the evidence.
//
// No lease is acquired before the work, so when two requests with one key run at once, both may answer: the one that
// commits second finds the receipt of the first. A request gets 409 when it cannot answer: the other one holds the
// lease of an effect, or is committing for longer than this one may wait.
import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { beforeDeadline } from "../aws/batch.ts";
import { deliver, type MessageMiddleware } from "../commit/delivery.ts";
import { nowIso, nowMs } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { metricNames } from "../core/metric-names.ts";
import { Park } from "../core/outcome.ts";
import { badRequest, Problem, problemFor, problemResponse } from "../core/problem.ts";
import { parseExact } from "../envelope/caps.ts";
import { type Contract, checkDeployed } from "../envelope/contract.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { asJson } from "../envelope/json-value.ts";
import type { MessageType } from "../envelope/message-type.ts";
import { log } from "../observe/log.ts";
import { count } from "../observe/metrics.ts";
import { duringMessage } from "../observe/scope.ts";
import { invocationTrace, readTraceparent, traceparentOf } from "../observe/trace.ts";
import { messageChain, type Work } from "./chain.ts";
import { observed } from "./observed.ts";

/** A contract that accepts one type: the command that the request's body is the data of. */
export type EndpointContract = Contract<readonly [MessageType]>;

export interface EndpointOptions {
  /**
   * Who asks, for a caller that stands for many people: two of them may choose the same `Idempotency-Key`. From what the
   * caller has verified (`event.requestContext.authorizer`, a header of your gateway), never from the body. Unless given it
   * is the IAM principal, so all users behind one role share their keys.
   */
  readonly callerOf?: (event: APIGatewayProxyEventV2) => string;
}

export interface Endpoint<Of extends EndpointContract, Added = unknown> {
  /**
   * Adds a middy middleware, or a list of them, around each request, outermost first; the handler's context has
   * what it adds.
   */
  use<More>(
    middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[],
  ): Endpoint<Of, Added & More>;
  /** The Lambda handler for a function URL; what the work returns is the JSON of the answer. */
  handler<Receipt extends object>(
    work: Work<Of, Receipt, Added>,
  ): (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
}

/** Kept back from the function's timeout to answer. */
const answerMs = 500;
/** The handler did not end in time, and nobody knows whether it will. */
const sameKey = "it was not done in time: send the same request with the same Idempotency-Key again";
const retryAfter = { "retry-after": "1" };
const keyLengthMax = 255;

/**
 * A function URL whose requests take effect once per `Idempotency-Key`. Answers 201 with the receipt, and
 * problem details (RFC 9457) for everything else.
 */
export function endpoint<Of extends EndpointContract>(
  contract: Of,
  { callerOf = roleOf }: EndpointOptions = {},
): Endpoint<Of> {
  const {
    name,
    accepts: [{ type }],
  } = contract;
  const middlewares: MessageMiddleware[] = [];
  const built: Endpoint<Of> = {
    use<More>(middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[]) {
      middlewares.push(...([middleware].flat() as MessageMiddleware[]));
      return built as Endpoint<Of, More>;
    },
    handler(work) {
      checkDeployed(contract);
      const chain = messageChain<Of, unknown>({
        contract,
        middlewares,
        work: async (...given) => receiptOf(await work(...(given as Parameters<typeof work>))),
      });
      return observed(name, middlewares, async function handle(event: APIGatewayProxyEventV2, context) {
        const deadlineMs = nowMs() + Math.max(0, context.getRemainingTimeInMillis() - answerMs);
        try {
          const message = readRequest(event, { name, type, caller: identityOf(callerOf(event), callerOf) });
          return await duringMessage(message, async () => {
            const answered = await beforeDeadline(answer(message).catch(refuse), deadlineMs);
            return answered ?? refuse(new Problem("UNFINISHED", 504, sameKey, retryAfter));
          });
        } catch (error) {
          return refuse(error);
        }

        async function answer(message: Envelope): Promise<APIGatewayProxyStructuredResultV2> {
          const outcome = await deliver(chain, { contract, message, deadlineMs }, context);
          log("info", outcome.kind === "done" ? "PROCESSED" : "DUPLICATE", { consumer: name });
          return json(201, outcome.receipt);
        }

        function refuse(error: unknown): APIGatewayProxyStructuredResultV2 {
          const problem = error instanceof Problem ? error : problemFor(error);
          const { status, code: errorCode } = problem;
          const reason = error instanceof Park && { reasonCode: error.code, reasonDetail: error.detail };
          log(status === 500 ? "error" : "warn", "REFUSED", { consumer: name, status, errorCode, ...reason });
          if (status === 409 || status >= 500) count(metricNames.retried);
          return problemResponse(problem);
        }
      });
    },
  };
  return built;
}

/** A request as a message: its id follows from the key, its source is the endpoint and the caller. */
function readRequest(
  event: APIGatewayProxyEventV2,
  { name, type, caller }: { name: string; type: string; caller: string },
): Envelope {
  const { method } = event.requestContext.http;
  if (method !== "POST")
    throw new Problem("METHOD_NOT_ALLOWED", 405, `use POST, got ${method}`, { allow: "POST" });
  const key = event.headers["idempotency-key"];
  if (key === undefined || key === "" || key.length > keyLengthMax) {
    throw badRequest("KEY_MISSING", `the header Idempotency-Key must have 1 to ${keyLengthMax} characters`);
  }
  const source = `/${name}/${caller}`;
  const id = derivedId(source, key); // not the key itself: ids are logged and travel on, a key may say who somebody is
  const trace = readTraceparent(event.headers.traceparent) ?? invocationTrace();
  return {
    specversion: "1.0",
    id,
    source,
    type,
    time: nowIso(),
    datacontenttype: "application/json",
    partitionkey: id,
    correlationid: id,
    ...(trace && { traceparent: traceparentOf(trace) }),
    hops: 0,
    data: readBody(event),
  };
}

/**
 * Two callers may choose the same key; the IAM principal keeps them apart. Of a role it is the role and not the
 * session: SDKs name one after the time it began, and the caller that repeats a request may have a new one by then.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
function roleOf(event: APIGatewayProxyEventV2): string {
  const { authorizer } = event.requestContext as { authorizer?: { iam?: { userArn?: string } } };
  const { userArn = "anonymous" } = authorizer?.iam ?? {};
  return /^arn:[^:]*:sts::\d+:assumed-role\/[^/]+/.exec(userArn)?.[0] ?? userArn;
}

/** An identity of the application's own is hashed: sources are logged and travel on, and it may say who somebody is. */
function identityOf(caller: unknown, callerOf: unknown): string {
  if (typeof caller !== "string" || caller === "") {
    throw new Problem("CALLER_UNKNOWN", 401, "the request does not identify its caller");
  }
  return callerOf === roleOf ? caller : derivedId("caller", caller);
}

function readBody(event: APIGatewayProxyEventV2): unknown {
  const text = event.body ?? "";
  return parseExact(event.isBase64Encoded ? textIn(Buffer.from(text, "base64")) : text);
}

/** Other bytes would become other text unnoticed, and two requests one. @throws Problem */
function textIn(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw badRequest("NOT_JSON", "the body is not UTF-8");
}

/** An item of evidence has 400 KB, and room for what else is in it. Bytes. */
const receiptBytesMax = 350_000;

/** Before the commit: what the caller gets, and every repetition of its request. */
function receiptOf(value: unknown): unknown {
  const receipt = asJson(value, "RECEIPT_INVALID", "the answer");
  const bytes = Buffer.byteLength(JSON.stringify(receipt) ?? "");
  if (bytes <= receiptBytesMax) return receipt;
  throw new Park("RECEIPT_TOO_LARGE", `${bytes} bytes, at most ${receiptBytesMax}`);
}

function json(statusCode: number, value: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
