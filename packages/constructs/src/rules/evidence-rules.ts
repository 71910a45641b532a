// Proves the deduplication window: no copy of a message can arrive after its evidence has expired. And keeps services apart:
// a role that could write another service's evidence could make its messages count as processed.
//
//   G2, G7. Evidence lasts longer than a message can: in its queue, in the dead-letter queue, and redriven.
import {
  dedupWindowDays,
  messageLifeDays,
  redrivesMax,
} from "@essentially-once/messaging/internal/envelope/message-life";
import { statementsOf } from "./policies.ts";
import { retentionDefault } from "./queue-rules.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Templates } from "./templates.ts";
import { at, consumedQueues, deadLettersOf, isTrue, numberAt, tablesNamedBy } from "./wiring.ts";

const day = 86_400;

export const evidenceRules: readonly Rule[] = [
  dedupWindow(dedupWindowDays),
  {
    id: "evidence-own",
    demand:
      "functions of two services share an evidence table: with a stolen role of one, an attacker can mark the other's messages as processed",
    check: (templates) => [...sharedEvidence(templates), ...foreignEvidence(templates)],
  },
  {
    id: "evidence-expires",
    demand:
      "evidence must expire by `expiresAt`: without a TTL the table grows, with another attribute evidence is deleted too early",
    check: (templates) =>
      [...tablesNamedBy(templates, "EVIDENCE_TABLE").keys()].flatMap((table) => {
        const enabled = isTrue(at(table, "TimeToLiveSpecification.Enabled"));
        const attribute = at(table, "TimeToLiveSpecification.AttributeName");
        if (enabled && attribute === "expiresAt") return [];
        return [finding(table, "TimeToLiveSpecification", '{ AttributeName: "expiresAt", Enabled: true }')];
      }),
  },
];

/** A service is a stack: functions of two that name one table. */
function sharedEvidence(templates: Templates): Finding[] {
  return [...tablesNamedBy(templates, "EVIDENCE_TABLE").values()].flatMap((users) =>
    new Set(users.map(({ templatePath }) => templatePath)).size === 1
      ? []
      : users.map((each) =>
          finding(
            each,
            "Environment.Variables.EVIDENCE_TABLE",
            "a table of its own service: ServiceStack makes one",
          ),
        ),
  );
}

/** A role whose functions are not told of the table, and that may do something there all the same. */
function foreignEvidence(templates: Templates): Finding[] {
  const usersOf = tablesNamedBy(templates, "EVIDENCE_TABLE");
  const functions = templates.ofType("AWS::Lambda::Function");
  return statementsOf(templates)
    .filter(({ effect }) => effect === "Allow")
    .flatMap(({ holder, property, actions, resources, roles }) => {
      const holders = functions.filter((each) => roles.includes(templates.referredTo(at(each, "Role"))));
      const isForeign = resources
        .map((each) => usersOf.get(templates.referredTo(each) ?? holder))
        .some(
          (users) =>
            users !== undefined && holders.length > 0 && !holders.some((each) => users.includes(each)),
        );
      const remedy = "grant nothing on the evidence of another service";
      return isForeign ? [{ resource: holder, property, value: actions.join(), remedy }] : [];
    });
}

/** With the kit's `evidenceDays` no SQS queue can break it; it fails when that number is lowered. */
export function dedupWindow(windowDays: number): Rule {
  return {
    id: "dedup-window",
    demand: `evidence covers messages up to ${windowDays} days old: ${1 + redrivesMax} times the retention of queue and dead-letter queue (first delivery and redrive) must be shorter`,
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const deadLetters = deadLettersOf(templates, queue);
        if (deadLetters === undefined) return [];
        const deadLetterDays = numberAt(deadLetters, "MessageRetentionPeriod", retentionDefault) / day;
        const sourceDays = numberAt(queue, "MessageRetentionPeriod", retentionDefault) / day;
        const lifeDays = messageLifeDays({ sourceDays, deadLetterDays });
        if (lifeDays <= windowDays) return [];
        const remedy = `shorter retentions (${lifeDays} days in all, at most ${windowDays}), or a larger evidenceDays`;
        return [finding(queue, "MessageRetentionPeriod", remedy)];
      }),
  };
}
