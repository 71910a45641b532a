// Finds a message's evidence in the evidence table: `find` reads it, `judge` takes it from a cancelled transaction.
//
//   G2. A lost response is not a duplicate and a duplicate is not a failure: the old evidence decides.
import type { AttributeValue, CancellationReason, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { classifyCancellation, isRefused } from "../aws/cancellation.ts";
import { hintIn } from "../aws/hints.ts";
import { sharedRead } from "../aws/shared-read.ts";
import { evidenceId } from "../core/ids.ts";
import { type Outcome, Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { digestOf, saysTheSame } from "../envelope/digest.ts";
import type { Delivery } from "./delivery.ts";
import { type Condition, unsettledLease } from "./lease-item.ts";
import type { Measured } from "./limits.ts";

export interface RowsEvidence {
  /** A duplicate, or undefined when the message was not processed. @throws Park ID_REUSED, RetryLater LEASE_HELD */
  find(delivery: Delivery): Promise<Outcome | undefined>;
  /**
   * What the reasons of a cancelled transaction, evidence first, say of its message.
   * @throws StateMoved, Park ID_REUSED or COMMIT_REFUSED, RetryLater LEASE_HELD
   */
  judge(reasons: readonly CancellationReason[], delivery: Delivery, unit: Measured): Outcome | Transient;
}

/** The same transaction may succeed in a moment. */
export interface Transient {
  readonly kind: "transient";
  readonly code: string;
  /** The item that it was cancelled for. */
  readonly item: string | undefined;
  /** The condition to put the evidence on instead: it replaces a lease that ended unsettled. */
  readonly condition?: Condition;
}

const evidenceIndex = 0;

export function rowsEvidence({
  table,
  client,
}: {
  readonly table: string;
  readonly client: () => DynamoDBClient;
}): RowsEvidence {
  const read = sharedRead({ table, client });
  return {
    async find(delivery) {
      const item = await read(evidenceId(delivery));
      return item && !endedLease(item) ? duplicateOf(item, delivery) : undefined;
    },

    judge(reasons, delivery, unit) {
      const cancellation = classifyCancellation({ CancellationReasons: [...reasons] }, { evidenceIndex });
      switch (cancellation.kind) {
        case "evidence":
          return inPlaceOf(cancellation.item) ?? duplicateOf(cancellation.item, delivery);
        case "transient":
          return {
            kind: "transient",
            code: codeOf(reasons, cancellation.codes),
            item: itemOf(reasons, unit),
          };
        case "state-moved":
          throw new StateMoved(itemOf(reasons, unit), undefined, seenIn(reasons));
        case "refused":
          throw new Park("COMMIT_REFUSED", refusalIn(reasons, unit));
      }
    },
  };
}

/** Only another delivery of the same message, or request of the same key, writes the same evidence. */
function codeOf(reasons: readonly CancellationReason[], [code = "TRANSIENT"]: readonly string[]): string {
  return reasons[evidenceIndex]?.Code === "TransactionConflict" ? "IN_PROGRESS" : code;
}

/** The table and what DynamoDB says of it, for each write that it refused. */
function refusalIn(reasons: readonly CancellationReason[], { actions }: Measured): string {
  const said = reasons.flatMap(({ Code, Message }, index) => {
    const { Put, Update, Delete, ConditionCheck } = actions[index] ?? {};
    const table = (Put ?? Update ?? Delete ?? ConditionCheck)?.TableName ?? "a table";
    return isRefused(Code) ? [`${table}: ${hintIn(Message)} (${Code})`] : [];
  });
  return said.slice(0, refusalsToldMax).join("; ") || "cancelled without a reason";
}

const refusalsToldMax = 3;

function itemOf(reasons: readonly CancellationReason[], { items }: Measured): string | undefined {
  return [...items][reasons.findIndex(({ Code = "None" }) => Code !== "None")];
}

function seenIn(reasons: readonly CancellationReason[]): unknown[] {
  return reasons.flatMap(({ Code, Item }) => (Code === "ConditionalCheckFailed" ? [Item ?? null] : []));
}

/** The consumer was at-most-once before: a lease that ended unsettled had no effect, and replacing it stops its owner. */
function inPlaceOf(item: Readonly<Record<string, AttributeValue>>): Transient | undefined {
  const condition = endedLease(item);
  return condition && { kind: "transient", code: "LEASE_HELD", item: undefined, condition };
}

/** @throws RetryLater LEASE_HELD while its owner may settle it */
function endedLease(item: Readonly<Record<string, AttributeValue>>): Condition | undefined {
  const lease = unsettledLease(item);
  if (lease === undefined || lease.waitMs <= 0) return lease?.condition;
  throw new RetryLater("LEASE_HELD", Math.ceil(lease.waitMs / 1_000), { waited: true });
}

function duplicateOf(item: Readonly<Record<string, AttributeValue>>, { message }: Delivery): Outcome {
  const evidence = unmarshall({ ...item });
  if (!saysTheSame(evidence, digestOf(message))) {
    throw new Park("ID_REUSED", `${message.source} ${message.id} was processed before with other data`);
  }
  const receipt = typeof evidence.receipt === "string" ? JSON.parse(evidence.receipt) : undefined;
  return { kind: "duplicate", receipt };
}
