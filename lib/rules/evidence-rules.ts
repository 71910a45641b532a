// The dedup-window proof: no copy of a message can come when the evidence of it is gone.
//
//   G2, G7. Evidence lasts longer than a message can: in its queue, in the dead-letter queue, and redriven.
import { dedupWindowDays, messageLifeDays, redrivesMax } from "../../functions/messaging/message-life.ts";
import { retentionDefault } from "./queue-rules.ts";
import { finding, type Rule } from "./rule.ts";
import { at, consumedQueues, deadLettersOf, isTrue, numberAt, tablesNamedBy } from "./wiring.ts";

const day = 86_400;

export const evidenceRules: readonly Rule[] = [
  dedupWindow(dedupWindowDays),
  {
    id: "evidence-expires",
    demand:
      "evidence that is not removed by its expiresAt grows for ever, and by any other attribute goes too early",
    check: (templates) =>
      [...tablesNamedBy(templates, "EVIDENCE_TABLE").keys()].flatMap((table) => {
        const enabled = isTrue(at(table, "TimeToLiveSpecification.Enabled"));
        const attribute = at(table, "TimeToLiveSpecification.AttributeName");
        if (enabled && attribute === "expiresAt") return [];
        return [finding(table, "TimeToLiveSpecification", '{ AttributeName: "expiresAt", Enabled: true }')];
      }),
  },
];

/** With what the functions keep to, no queue of SQS breaks it; it fails when somebody shortens that. */
export function dedupWindow(windowDays: number): Rule {
  return {
    id: "dedup-window",
    demand: `a message can be ${windowDays} days old and still meet its evidence; queue and dead-letter queue, ${1 + redrivesMax} times each (first life and redrive), must end before`,
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const deadLetters = deadLettersOf(templates, queue);
        if (deadLetters === undefined) return [];
        const deadLetterDays = numberAt(deadLetters, "MessageRetentionPeriod", retentionDefault) / day;
        const sourceDays = numberAt(queue, "MessageRetentionPeriod", retentionDefault) / day;
        const lifeDays = messageLifeDays({ sourceDays, deadLetterDays });
        if (lifeDays <= windowDays) return [];
        const remedy = `a retention with which ${lifeDays} days become ${windowDays}, or raise evidenceDays`;
        return [finding(queue, "MessageRetentionPeriod", remedy)];
      }),
  };
}
