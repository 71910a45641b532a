// A request to a service as the local cloud sees it, and the permissions that it needs.

import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Access } from "../evaluate.ts";

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Absent where the service's requests are known without. */
  readonly body?: Buffer;
}

export interface Wanted {
  /** All of them are needed. */
  readonly accesses: readonly Access[];
  /** Without this permission AWS answers AccessDenied instead of saying that the object is missing. */
  readonly toKnowWhatIsMissing?: Access;
}

/** A request whose permissions are not known here: it is denied to every role. */
export class UnknownRequest extends Error {
  override readonly name = "UnknownRequest";
}

/** `DynamoDB_20120810.PutItem` → `PutItem` */
export function operationOf({ headers }: SeenRequest): string {
  return String(headers["x-amz-target"] ?? "").replace(/^.*\./, "");
}

/** Throws `UnknownRequest` for a body that does not say what the operation is done to. */
export function bodyOf<Schema extends z.ZodType>(request: SeenRequest, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(jsonIn(request));
  if (result.success) return result.data;
  throw new UnknownRequest(`${operationOf(request)} without ${z.prettifyError(result.error)}`);
}

function jsonIn({ body }: SeenRequest): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

export function unknownOperation(
  service: string,
  operation: string,
  known: readonly string[],
): UnknownRequest {
  return new UnknownRequest(
    `the permissions of ${service} ${operation || "(no operation)"} are not supported here; supported are ${known.join(", ")}`,
  );
}
