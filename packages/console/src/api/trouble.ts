// Trouble by hand, in the local cloud alone. Each is a POST to /api/trouble and answers `TroubleAnswer` at once; its consequences are in
// the stream. `GET /api/forms` → `SendForm[]`, `POST /api/send` ← SendRequest → SendAnswer.

export type TroubleRequest =
  /** Kills the function's running processes now; `armed`: none runs, so the next delivery is killed. */
  | { readonly what: "kill"; readonly functionPath: string }
  /** Delivers the next batch to two processes at once; with `message`, sends that message to its queue a second time. */
  | {
      readonly what: "duplicate";
      readonly functionPath: string;
      readonly message?: { readonly id: string; readonly source: string };
    }
  /** Loses the next response of the function. */
  | { readonly what: "drop-response"; readonly functionPath: string }
  /** An outside service answers 503 until it is started again. */
  | { readonly what: "stop-outside"; readonly outside: string }
  | { readonly what: "start-outside"; readonly outside: string };

export interface TroubleAnswer {
  readonly done: "now" | "armed";
  /** A sentence, ready to show. */
  readonly text: string;
}

/** A function URL or a queue's message that can be sent by hand. */
export interface SendForm {
  readonly id: string;
  /** `POST PlaceOrder`, or `orders.order-placed.v1 to ReserveCredit`. */
  readonly label: string;
  readonly kind: "request" | "message";
  /** JSON Schema; absent: any JSON. */
  readonly schema?: unknown;
  /** JSON text to begin with. */
  readonly example: string;
}

export interface SendRequest {
  readonly form: string;
  /** JSON text. */
  readonly data: string;
}

export interface SendAnswer {
  /** A sentence: `201 {"orderId":"…"}`, or `sent to ReserveCredit`. */
  readonly text: string;
  readonly message?: { readonly id: string; readonly source: string };
  /** To search by: the correlation id or key of what was begun. */
  readonly search?: string;
}
