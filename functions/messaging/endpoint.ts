// Step 1 of 4: request → state and outbox. A synchronous producer behind a function URL: the caller's
// `Idempotency-Key` is the identity of the request, so the same key gets the same answer.
//
//   G1. The answer is given after state and outgoing messages have committed together.
//   G2. A repeated request takes effect once; its answer is the receipt in the evidence.
//
// Nothing is claimed before the work, so of two requests with one key that run at once both may answer: the one
// that commits second finds the receipt of the first. 409 is for those that cannot: while the other holds the
// lease of an effect, or is committing for longer than this one may wait.
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { parseCapped } from "./caps.ts";
import { messageChain, type Work } from "./chain.ts";
import { nowIso, nowMs } from "./clock.ts";
import { deliver, type MessageMiddleware } from "./delivery.ts";
import type { Envelope } from "./envelope.ts";
import { log } from "./log.ts";
import type { MessageType } from "./message-type.ts";
import { badRequest, Problem, problemFor, problemResponse } from "./problem.ts";

export interface EndpointOptions<Type extends MessageType> {
  /** The scope of the evidence, and the source of what it publishes. */
  readonly name: string;
  /** The command that the request's body is the data of. */
  readonly accepts: Type;
}

export interface Endpoint<Type extends MessageType, Added = unknown> {
  /**
   * Adds a middy middleware, or a list of them, around each request, outermost first; the handler's context has
   * what it adds.
   */
  use<More>(
    middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[],
  ): Endpoint<Type, Added & More>;
  /** The Lambda handler for a function URL; what the work returns is the JSON of the answer. */
  handler<Receipt extends object>(
    work: Work<readonly [Type], Receipt, Added>,
  ): (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
}

/** Kept back from the function's timeout to answer. */
const answerMs = 500;
const keyLengthMax = 255;

/**
 * A function URL whose requests take effect once per `Idempotency-Key`. Answers 201 with the receipt, and
 * problem details (RFC 9457) for everything else.
 */
export function endpoint<Type extends MessageType>({ name, accepts }: EndpointOptions<Type>): Endpoint<Type> {
  const middlewares: MessageMiddleware[] = [];
  const built: Endpoint<Type> = {
    use<More>(middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[]) {
      middlewares.push(...([middleware].flat() as MessageMiddleware[]));
      return built as Endpoint<Type, More>;
    },
    handler(work) {
      const chain = messageChain({ accepts: [accepts], middlewares, work });
      return async function handleRequest(event, context) {
        const deadlineMs = nowMs() + Math.max(0, context.getRemainingTimeInMillis() - answerMs);
        try {
          const message = readRequest(event, { name, type: accepts.type });
          const outcome = await deliver(chain, { consumer: name, message, deadlineMs }, context);
          const code = outcome.kind === "done" ? "PROCESSED" : "DUPLICATE";
          log("info", code, { consumer: name, messageId: message.id, source: message.source });
          return json(201, outcome.receipt);
        } catch (error) {
          const problem = error instanceof Problem ? error : problemFor(error);
          log(problem.status < 500 ? "warn" : "error", "REFUSED", {
            consumer: name,
            status: problem.status,
            errorCode: problem.code,
          });
          return problemResponse(problem);
        }
      };
    },
  };
  return built;
}

/** A request as a message: the key is its id, the endpoint and the caller its source. */
function readRequest(
  event: APIGatewayProxyEventV2,
  { name, type }: { name: string; type: string },
): Envelope {
  const { method } = event.requestContext.http;
  if (method !== "POST")
    throw new Problem("METHOD_NOT_ALLOWED", 405, `use POST, got ${method}`, { allow: "POST" });
  const id = event.headers["idempotency-key"];
  if (id === undefined || id === "" || id.length > keyLengthMax) {
    throw badRequest("KEY_MISSING", `the header Idempotency-Key must have 1 to ${keyLengthMax} characters`);
  }
  const traceparent = event.headers.traceparent;
  return {
    specversion: "1.0",
    id,
    source: `/${name}/${callerOf(event)}`,
    type,
    time: nowIso(),
    datacontenttype: "application/json",
    partitionkey: id,
    correlationid: id,
    ...(traceparent === undefined ? {} : { traceparent }),
    hops: 0,
    data: readBody(event),
  };
}

/** Two callers may choose the same key; the IAM principal keeps them apart. */
function callerOf(event: APIGatewayProxyEventV2): string {
  const { authorizer } = event.requestContext as { authorizer?: { iam?: { userArn?: string } } };
  return authorizer?.iam?.userArn ?? "anonymous";
}

function readBody(event: APIGatewayProxyEventV2): unknown {
  const body = event.isBase64Encoded
    ? Buffer.from(event.body ?? "", "base64").toString("utf8")
    : (event.body ?? "");
  return parseCapped(body);
}

function json(statusCode: number, value: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
