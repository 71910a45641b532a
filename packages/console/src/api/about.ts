// The answers of the console's server, as JSON. The page imports these types and nothing else of the server.
//
//   Each request but those for the page itself carries the header `Authorization: Bearer TOKEN`. The token is in the fragment of
//   the address that the terminal prints (`http://127.0.0.1:PORT/#token=TOKEN`): a browser sends a fragment to nobody.
//   A request that changes something is a POST with `content-type: application/json`.
//   An answer other than 200 is a `Refusal`.

/** `GET /api/about` */
export interface About {
  /** `local`: the local cloud of this machine; `stage`: a deployment, on AWS or an emulator. */
  readonly target: "local" | "stage";
  /** The stage's name; `local` for the local cloud. */
  readonly name: string;
  /** Where the engines are, for people: `http://127.0.0.1:4566`, or the AWS region. */
  readonly where: string;
  /** False: redrive, edit, discard are refused; a dry run is always allowed. */
  readonly mayChange: boolean;
  /** True for the local cloud alone: kill, duplicate, drop, stop, send. */
  readonly mayTrouble: boolean;
  /** True for a stage: its dead letters can be handled on this machine. */
  readonly mayPull: boolean;
  /** Known gaps, a sentence each: "Deliveries of a stage are in its logs, which were not read: AccessDenied". */
  readonly missing: readonly string[];
  readonly consumers: readonly ConsumerName[];
  /** Other services that the app calls and that the console can stop: `carrierUrl`. Empty on a stage. */
  readonly outsides: readonly string[];
}

export interface ConsumerName {
  /** `ReserveCredit` */
  readonly consumer: string;
  /** `reserve-credit` */
  readonly name: string;
  readonly service: string;
  /** In the flow. */
  readonly nodeId: string;
}

/** Every answer that is not 200: 400 unclear, 401 no token, 403 foreign page or not allowed, 404, 405, 413, 415, 500. */
export interface Refusal {
  readonly error: string;
  /** Where a value of the request is wrong: a JSON pointer and what to do. */
  readonly fields?: readonly FieldError[];
}

export interface FieldError {
  /** `/lines/0/quantity`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}
