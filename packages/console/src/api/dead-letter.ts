// Dead letters, in groups that share consumer, code and place.
//
//   GET  /api/dead-letters                        → DeadLetterOverview, the most urgent group first
//   GET  /api/dead-letters/list?group=ID&after=N  → DeadLetterPage; without `group` all
//   GET  /api/dead-letters/open?key=KEY           → OpenDeadLetter; with `&payload=true` its payload
//   POST /api/dead-letters/redrive, …/discard     ← RedriveRequest, DiscardRequest → Job
//   POST /api/dead-letters/edit                   ← EditRequest → EditAnswer; 400 with `fields` when the data do not fit the schema
//   GET  /api/job?id=ID                           → Job; its progress comes by the stream, too
//   GET  /api/jobs                                → Job[], those that run, without their results

export interface DeadLetterOverview {
  readonly total: number;
  readonly groups: readonly DeadLetterGroup[];
  /** Redriven from this console and not yet at an end. */
  readonly underWay: readonly Redriven[];
  /** Dead letters that exist and could not be read, a sentence each. */
  readonly unread: readonly string[];
  readonly missing: readonly string[];
  /** RFC 3339, when the queues were read. */
  readonly at: string;
}

export interface DeadLetterGroup {
  /** The fingerprint: the same failure has the same one, in every run. */
  readonly id: string;
  readonly consumer: string;
  readonly code: string;
  /** Where it failed, without data: `functions/orders/settle-order.ts:24`, or the normalized detail. */
  readonly place: string;
  readonly placeKind: "code" | "detail";
  readonly count: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  /** Parked in each of the last 24 slices of time, oldest first. */
  readonly overTime: readonly number[];
  readonly sliceSeconds: number;
  /** Of these: redriven before, and parked again. */
  readonly cameBack: number;
  /** The key of one of them. */
  readonly example: string;
}

export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetterRow[];
  /** The next page's `after`; absent at the end. */
  readonly next?: number;
  readonly total: number;
}

export interface DeadLetterRow {
  /** Names it in requests. */
  readonly key: string;
  readonly group: string;
  readonly id: string;
  readonly source?: string;
  readonly type?: string;
  readonly consumer: string;
  readonly code: string;
  readonly detail: string;
  readonly parkedAt?: string;
  readonly receiveCount?: number;
  readonly partitionkey?: string;
  readonly correlationid?: string;
  readonly bodyBytes: number;
  /** How often it was redriven before, as far as this console knows. */
  readonly redriven: number;
}

export interface OpenDeadLetter extends DeadLetterRow {
  /** Label and value, ready to show: attributes of the envelope, history, signature. Never the payload. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** What the evidence says, a sentence. */
  readonly evidence: string;
  readonly redrive: Forecast;
  /** The names of the SQS attributes that it came with. */
  readonly attributes: readonly string[];
  readonly discards: readonly string[];
  /** Only when asked for. */
  readonly payload?: Payload;
  /** JSON Schema of its type, for the editor; absent when no contract is known here. */
  readonly schema?: unknown;
  readonly mayEdit: boolean;
  /** True when an edit or a discard needs `trust`: its signature is not valid. */
  readonly needsTrust: boolean;
}

export interface Forecast {
  readonly outcome: "sent-back" | "removed" | "left" | "unknown";
  readonly why?: string;
}

export interface Payload {
  /** JSON with secrets replaced by `"***"` and their JSON pointer; for what is not JSON, the text. Untrusted: show it as text only. */
  readonly text: string;
  /** JSON pointers of what was replaced. In an edit a mask is the old value of its pointer, wherever its entry is now. */
  readonly masked: readonly string[];
  /** True when only the beginning is here (256 KB). */
  readonly cut: boolean;
}

export type Selection =
  | { readonly keys: readonly string[] }
  | { readonly group: string }
  | { readonly consumer: string }
  | { readonly all: true };

/** A selection may match more a moment later, so the run that changes names its dry run and touches at most what that listed. */
export type RedriveRequest =
  | {
      readonly dryRun: true;
      readonly selection: Selection;
      /** Sends also what would be left. */
      readonly force?: boolean;
    }
  | RunRequest;

/** With a reason of 1 to 500 characters, kept with the record. */
export type DiscardRequest = { readonly because: string } & (
  | { readonly dryRun: true; readonly selection: Selection; readonly trust?: boolean }
  | RunRequest
);

export interface RunRequest {
  readonly dryRun: false;
  /** The id of the dry run's job. Asked for twice, there is still one run. */
  readonly job: string;
}

export interface EditRequest {
  readonly key: string;
  readonly dryRun: boolean;
  /** The corrected data, as JSON text. */
  readonly data: string;
  readonly trust?: boolean;
}

export interface EditAnswer {
  readonly dryRun: boolean;
  readonly id: string;
  readonly supersededBy: string;
  readonly schemaChecked: boolean;
  readonly text: string;
}

export interface Job {
  readonly id: string;
  readonly what: "redrive" | "discard";
  readonly dryRun: boolean;
  readonly state: "running" | "done" | "failed";
  readonly done: number;
  readonly total?: number;
  readonly counts: Readonly<Record<"sent-back" | "removed" | "left" | "discarded", number>>;
  /** Each with its end, at most 1,000. */
  readonly results: readonly JobResult[];
  readonly unread: readonly string[];
  /** Of a run that changes, at its end: listed by its dry run, and not found any more. */
  readonly untouched?: number;
  readonly error?: string;
}

export interface JobResult {
  readonly key: string;
  readonly id: string;
  readonly consumer: string;
  readonly outcome: "sent-back" | "removed" | "left" | "discarded";
  readonly why?: string;
}

export interface Redriven {
  readonly id: string;
  readonly source?: string;
  readonly consumer: string;
  readonly at: string;
  readonly state: "on-the-way" | "processed" | "parked-again";
}
