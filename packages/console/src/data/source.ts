// What the server shows and does: one source for the local cloud, one for a stage, one made up for tests of the page.

import type { About } from "../api/about.ts";
import type { ConsumerChanged, PauseRequest, ResumeRequest } from "../api/consumers.ts";
import type {
  DeadLetterOverview,
  DeadLetterPage,
  DiscardRequest,
  EditAnswer,
  EditRequest,
  Job,
  OpenDeadLetter,
  RedriveRequest,
} from "../api/dead-letter.ts";
import type { Counts, Flow } from "../api/flow.ts";
import type { CorrelationFlow, MessagePath, SearchAnswer } from "../api/message.ts";
import type { PullRequest, PullRun } from "../api/pull.ts";
import type { StreamEvent } from "../api/stream.ts";
import type { SendAnswer, SendForm, SendRequest, TroubleAnswer, TroubleRequest } from "../api/trouble.ts";

export interface Source {
  about(): Promise<About>;
  flow(): Promise<Flow>;
  counts(): Promise<Counts>;
  search(text: string): Promise<SearchAnswer>;
  /** Undefined when nothing is known of it. */
  message(message: { readonly id: string; readonly source?: string }): Promise<MessagePath | undefined>;
  correlation(id: string): Promise<CorrelationFlow | undefined>;
  readonly deadLetters: DeadLetterSource;
  readonly consumers: ConsumerSource;
  /** Absent in the local cloud, whose functions run on this machine anyway. */
  readonly pulls?: PullSource;
  /** Absent on a stage. */
  readonly trouble?: TroubleSource;
  /** Tells what happens until it is stopped; counts are asked for, and not told. */
  watch(tell: (event: StreamEvent) => void): () => void;
  stop(): Promise<void>;
}

export interface DeadLetterSource {
  overview(): Promise<DeadLetterOverview>;
  list(asked: { readonly group?: string; readonly after: number }): Promise<DeadLetterPage>;
  open(asked: { readonly key: string; readonly payload: boolean }): Promise<OpenDeadLetter | undefined>;
  redrive(request: RedriveRequest): Promise<Job>;
  discard(request: DiscardRequest): Promise<Job>;
  edit(request: EditRequest): Promise<EditAnswer | undefined>;
  job(id: string): Promise<Job | undefined>;
  /** Those that run, without their results. */
  jobs(): Promise<readonly Job[]>;
}

export interface PullSource {
  /** Undefined when there is no such dead letter. */
  begin(request: PullRequest): Promise<PullRun | undefined>;
  get(asked: { readonly id: string; readonly values: boolean }): Promise<PullRun | undefined>;
  interrupt(id: string): Promise<PullRun | undefined>;
  /** At most one. */
  running(): Promise<readonly PullRun[]>;
}

export interface ConsumerSource {
  pause(request: PauseRequest): Promise<ConsumerChanged>;
  resume(request: ResumeRequest): Promise<ConsumerChanged>;
}

export interface TroubleSource {
  make(request: TroubleRequest): Promise<TroubleAnswer>;
  forms(): Promise<readonly SendForm[]>;
  send(request: SendRequest): Promise<SendAnswer>;
}

/** A value of a request that is not right: the answer is 400, and names the places. */
export class NotRight extends Error {
  override readonly name = "NotRight";
  readonly fields: readonly { readonly path: string; readonly message: string }[];

  constructor(message: string, fields: NotRight["fields"] = [], options?: ErrorOptions) {
    super(message, options);
    this.fields = fields;
  }
}
