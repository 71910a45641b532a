// What the script of a trial run works with.

import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import type { LocalClients } from "../model/clients.ts";
import type { Endpoints } from "../model/model.ts";
import type { JournalPartition } from "./look/journal-records.ts";
import type { GenerationItems, ProjectionOf } from "./look/rebuild.ts";
import type { GarbageTarget } from "./send/garbage.ts";
import type { HoldUpPlan } from "./send/hold-up.ts";
import type { Overdue } from "./send/overdue.ts";
import type { Answered, TrialRequest } from "./send/requests.ts";

export interface TrialRun {
  /** How many were asked for. */
  readonly count: number;
  readonly seed: number;
  readonly clients: LocalClients;
  readonly endpoints: Endpoints;
  readonly queues: readonly ConsumerQueue[];
  /** The value of an output of any stack. Throws, naming those there are. */
  output(key: string): string;
  /** A step of the run, kept on the screen. */
  step(text: string): void;
  /** Sends each request until it is answered, a few at a time. */
  post(
    url: string,
    requests: readonly TrialRequest[],
    onAnswered?: (answered: Answered) => void,
  ): Promise<Answered[]>;
  /** Of all requests so far: those of `post`, and those to the URL that a reader sent by hand. */
  answers(url: string): Answered[];
  /** Noise, a producer's mistakes and forgeries, one of each kind; the account has them parked with their reasons. */
  throwGarbage(targets: readonly GarbageTarget[]): Promise<void>;
  /**
   * Once a tenth came to a service outside, it fails for a moment, and then the consumer that calls it is paused and resumed as
   * an operator does it. The account has what both did, and whether the rate was kept.
   */
  holdUp(plan: HoldUpPlan): void;
  /**
   * Scheduled messages that nobody waits for, of what cannot come to another end: after a few seconds they are sent now, as the
   * operator's command does it.
   */
  notWaitedFor(type: Overdue["type"], hopeless: Overdue["hopeless"]): void;
  /** When something first held, asked at each look: seconds after the start, or undefined. */
  firstTime(holds: () => Promise<boolean>): () => number | undefined;
  /**
   * Until nothing waits, in no queue and not in the outbox, and nobody is at work.
   * @param unfinished what queues and outbox do not show: messages that items carry with `inline()`
   */
  quiet(unfinished?: () => Promise<readonly string[]>): Promise<void>;
  /** Waits for a message to be parked. */
  parked(is: (deadLetter: DeadLetter) => boolean): Promise<DeadLetter>;
  /** Sends a parked message back to its queue, as the operator's command does. */
  redrive(deadLetter: DeadLetter): Promise<void>;
  /** Runs a projection until it is even with the journal, then builds its state again beside the one that serves. */
  rebuild(projection: ProjectionOf): Promise<void>;
  /** Undefined when the work did not end in time: the account says so, and the run goes on to it. */
  settle<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
  /** No more trouble from now on. */
  stopChaos(): void;
  /** All items of a table, by the output that names it. */
  items<Item>(table: string): Promise<Item[]>;
  /** The items of one kind in the state of a projection. */
  generations<Item extends { readonly id: string }>(
    projection: ProjectionOf,
    kind: string,
  ): Promise<GenerationItems<Item>>;
  journal(): Promise<JournalPartition[]>;
  deadLetters(): Promise<DeadLetter[]>;
}
