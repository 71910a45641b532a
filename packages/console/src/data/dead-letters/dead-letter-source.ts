// The dead letters of a cloud, as the page asks for them.

import type { StreamEvent } from "../../api/stream.ts";
import type { Reached } from "../reached.ts";
import type { MessageIndex } from "../seen/message-index.ts";
import type { DeadLetterSource } from "../source.ts";
import { editWithFields } from "./edit-with-fields.ts";
import { groupsOf, rowOf } from "./groups.ts";
import { type History, redriveHistory } from "./history.ts";
import { deadLetterJobs } from "./jobs.ts";
import { openDeadLetter } from "./open.ts";
import { redrivenWatch } from "./redriven-watch.ts";
import { type Snapshots, snapshots } from "./snapshot.ts";
import { turns } from "./turns.ts";

export interface DeadLetters extends DeadLetterSource {
  readonly snapshots: Snapshots;
  readonly history: History;
  stop(): void;
}

export interface DeadLettersOptions {
  readonly reached: Reached;
  readonly messages: MessageIndex;
  readonly tell: (event: StreamEvent) => void;
  readonly now?: () => number;
}

const PAGE = 100;

export function deadLetterSource({
  reached,
  messages,
  tell,
  now = Date.now,
}: DeadLettersOptions): DeadLetters {
  const queueTurns = turns();
  const taken = snapshots(reached, queueTurns, now);
  const history = redriveHistory(reached, messages, now);
  const watch = redrivenWatch({ history, turns: queueTurns, tell: () => tell({ kind: "dead-letters" }) });
  const jobs = deadLetterJobs({
    ...{ reached, snapshots: taken, history, turns: queueTurns, now },
    tell(event) {
      tell(event);
      if (event.kind === "dead-letters") watch.begin();
    },
  });
  return {
    snapshots: taken,
    history,
    stop() {
      jobs.stop();
      watch.stop();
    },
    async overview() {
      if (!queueTurns.isBusy) await queueTurns.take(history.look);
      const { all, unread, atMs } = await taken.take();
      return {
        total: all.length,
        groups: groupsOf(all, history, now()),
        underWay: history.underWay(),
        unread,
        missing: [...(reached.known.contracts?.broken ?? [])].map((file) => `Without the schemas of ${file}`),
        at: new Date(atMs).toISOString(),
      };
    },
    async list({ group, after }) {
      const { all } = await taken.take();
      const meant = group === undefined ? all : all.filter((one) => one.group === group);
      const next = after + PAGE < meant.length ? { next: after + PAGE } : {};
      return {
        deadLetters: meant.slice(after, after + PAGE).map((one) => rowOf(one, history)),
        total: meant.length,
        ...next,
      };
    },
    async open({ key, payload }) {
      const known = (await taken.take()).byKey.get(key);
      return known && openDeadLetter(reached, known, { history, payload });
    },
    redrive: jobs.redrive,
    discard: jobs.discard,
    job: async (id) => jobs.get(id),
    jobs: async () => jobs.running(),
    async edit(request) {
      const known = (await taken.take()).byKey.get(request.key);
      if (known === undefined) return undefined;
      const edited = await queueTurns.take(() => editWithFields(reached, known, request));
      if (edited && !request.dryRun) {
        history.settle(known.deadLetter, "superseded");
        taken.expire();
        tell({ kind: "dead-letters" });
      }
      return edited;
    },
  };
}
