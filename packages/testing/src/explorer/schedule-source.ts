// Schedules and callers: a sweeper or a projection that runs every so often, a caller that repeats its request until
// it is answered. They come when all else is quiet.
import type { Source, SourceContext } from "./source.ts";

export interface ScheduleSourceOptions {
  readonly everySeconds: number;
  readonly event?: unknown;
  /** The queue that its environment names. */
  readonly queue?: string;
  /** Says by its answer that it had nothing to do; by default any answer does. */
  readonly isQuiet?: (response: unknown) => boolean;
  /** It is asked once, and again only as long as it does not answer: an operator's command. */
  readonly once?: boolean;
  /** How many run at the same time: for interleavings. */
  readonly workers?: number;
}

export function scheduleSource(
  { everySeconds, event = {}, isQuiet = () => true, once = false, workers = 1 }: ScheduleSourceOptions,
  { simulation, platform, target }: SourceContext,
): Source {
  let quiet = false;
  return {
    poll: async () => false,
    nextMs: () => undefined,
    pollAgain() {
      if (!once) quiet = false;
    },
    async whenQuiet() {
      if (quiet) return false;
      simulation.advanceTo(simulation.nowMs() + everySeconds * 1_000);
      const invocations = Array.from({ length: workers }, () => platform.start(target, event));
      await platform.settle();
      quiet = invocations.every(({ answer }) => answer?.kind === "answered" && isQuiet(answer.response));
      return true;
    },
  };
}

export interface RequestSourceOptions {
  readonly events: () => readonly unknown[];
  /** Hears each answer; true when the caller is content and asks no more. */
  readonly onAnswer: (event: unknown, response: unknown) => boolean;
  /** How long a caller waits before it repeats a request. */
  readonly repeatSeconds?: number;
  /** How many send the same request at once: for interleavings. */
  readonly workers?: number;
}

export function requestSource(
  { events, onAnswer, repeatSeconds = 10, workers = 1 }: RequestSourceOptions,
  { simulation, platform, target }: SourceContext,
): Source {
  let open: { event: unknown; notBeforeMs: number }[] | undefined;
  return {
    nextMs: () => (open?.length ? Math.min(...open.map(({ notBeforeMs }) => notBeforeMs)) : undefined),
    async poll() {
      open ??= events().map((event) => ({ event, notBeforeMs: 0 }));
      const due = open.find(({ notBeforeMs }) => notBeforeMs <= simulation.nowMs());
      if (due === undefined) return false;
      const invocations = Array.from({ length: workers }, () => platform.start(target, due.event));
      await platform.settle();
      const content = invocations.map(
        ({ answer }) => answer?.kind === "answered" && onAnswer(due.event, answer.response),
      );
      if (content.every(Boolean)) open = open.filter((one) => one !== due);
      else due.notBeforeMs = simulation.nowMs() + repeatSeconds * 1_000;
      return true;
    },
  };
}
