// `GET /api/stream?after=N`: server-sent events (text/event-stream), read with `fetch`, because an `EventSource` sends no header.
//
//   Each event is `id: N`, `data: JSON` of a `StreamEvent`, and an empty line. Lines that begin with a colon keep the connection open.
//   `after` is the last id that was seen; without it the stream begins with the last 100 activities. A page that was away too long gets
//   a `gap` and reads everything again.

import type { Job } from "./dead-letter.ts";
import type { Counts } from "./flow.ts";

export type StreamEvent =
  | { readonly kind: "counts"; readonly counts: Counts }
  | { readonly kind: "activity"; readonly activity: Activity }
  | { readonly kind: "job"; readonly job: Job }
  /** Dead letters changed: read the overview again. */
  | { readonly kind: "dead-letters" }
  | { readonly kind: "gap" }
  /** The local cloud stops. */
  | { readonly kind: "end" };

/** Something that happened to a function or a message; local only. */
export interface Activity {
  /** RFC 3339 with milliseconds. */
  readonly at: string;
  readonly what:
    | "invocation"
    | "kill"
    | "duplicate"
    | "drop-response"
    | "lost-response"
    | "redelivery"
    | "absorbed"
    | "retried"
    | "parked"
    | "trouble";
  /** In the flow. */
  readonly nodeId?: string;
  /** A sentence, ready to show. */
  readonly text: string;
  readonly message?: { readonly id: string; readonly source?: string };
  readonly environment?: string;
  readonly ranMs?: number;
}
