// Evidence as an item of its own: evidence, state and outbox row in one TransactWriteItems.
//
//   G1, G2. One transaction holds everything; its first action is the evidence.
//   G2. A lost response is not a duplicate and a duplicate is not a failure: the old evidence decides.
import type { AttributeValue, CancellationReason, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type Cancellation, classifyCancellation } from "./cancellation.ts";
import { dynamodb } from "./clients.ts";
import { nowIso, nowSeconds } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import { environment } from "./environment.ts";
import { type GroupCommitOptions, groupCommit } from "./group-commit.ts";
import type { EvidenceStore } from "./idempotency.ts";
import { derivedId, digestOf } from "./ids.ts";
import { measure } from "./limits.ts";
import { evidenceDays } from "./message-life.ts";
import { outboxWrite } from "./outbox.ts";
import { type Outcome, Park, RetryLater, StateMoved } from "./outcome.ts";
import { waitToRetry } from "./retry.ts";
import { sharedRead } from "./shared-read.ts";
import { transact } from "./transaction.ts";
import type { Write } from "./unit-of-work.ts";

export interface RowsOptions {
  /** The evidence table; by default what EVIDENCE_TABLE names. */
  readonly evidenceTable?: string;
  /** The outbox table; by default what OUTBOX_TABLE names. */
  readonly outboxTable?: string;
  readonly client?: DynamoDBClient;
  /**
   * Units of work of one batch that are ready together share a transaction: fewer requests, and a cancelled one
   * is sent again in parts. False sends each alone.
   */
  readonly groupCommit?: boolean | GroupCommitOptions;
}

/** How often a transaction that met only transient trouble is sent again within one delivery. */
const attemptsMax = 5;
const evidenceIndex = 0;

/** Evidence in a table of its own, for units of work with any number of items. 2 WCU an item, one request. */
export function rows(options: RowsOptions = {}): EvidenceStore {
  const evidenceTable = options.evidenceTable ?? environment("EVIDENCE_TABLE");
  const outboxTable = options.outboxTable ?? environment("OUTBOX_TABLE");
  const client = () => options.client ?? dynamodb();
  const send = transact(client);
  const read = sharedRead({ table: evidenceTable, client });
  const { groupCommit: grouping = {} } = options;
  const group = grouping === false ? undefined : groupCommit(send, grouping === true ? {} : grouping);

  return {
    begin: ({ unit, deadlineMs }) => group?.begin(unit, deadlineMs),
    end: ({ unit }) => group?.end(unit),

    looksFirst: true, // it spares a transaction that is cancelled, and paid for
    async find(delivery) {
      const Item = await read(evidenceId(delivery));
      return Item && duplicateOf(Item, delivery, digestOf(delivery.message));
    },

    async commit(delivery, receipt) {
      const digest = digestOf(delivery.message);
      const unit = measure(transactionOf(delivery, digest, receipt));
      for (let attempt = 1; ; attempt++) {
        const reasons = await (group ? group.commit(delivery.unit, unit) : send(unit.actions));
        if (reasons === undefined) return { kind: "done", receipt };
        const cancellation = classifyCancellation({ CancellationReasons: [...reasons] }, { evidenceIndex });
        if (cancellation.kind !== "transient") return settle(cancellation, delivery, digest);
        const again =
          attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs: delivery.deadlineMs }));
        if (!again) throw new RetryLater(codeOf(reasons, cancellation));
      }
    },
  };

  function transactionOf(delivery: Delivery, digest: string, receipt: unknown): Write[] {
    const { consumer, message, unit } = delivery;
    const id = evidenceId(delivery);
    const actions: Write[] = [
      evidenceWrite({ id, consumer, source: message.source, messageId: message.id, digest, receipt }),
      ...unit.writes,
    ];
    if (unit.messages.length > 0)
      actions.push(outboxWrite({ table: outboxTable, id, messages: unit.messages }));
    return actions;
  }

  function evidenceWrite({ id, consumer, source, messageId, digest, receipt }: EvidenceItem): Write {
    // As attribute values at once: `marshall` would find out the types of seven texts for every message.
    const item: Record<string, AttributeValue> = {
      id: { S: id },
      consumer: { S: consumer },
      source: { S: source },
      messageId: { S: messageId },
      digest: { S: digest },
      ...(receipt === undefined ? {} : { receipt: { S: JSON.stringify(receipt) } }),
      processedAt: { S: nowIso() },
      expiresAt: { N: String(nowSeconds() + evidenceDays * 86_400) },
    };
    return {
      Put: {
        TableName: evidenceTable,
        Item: item,
        ConditionExpression: "attribute_not_exists(id)", // G2: the second commit of a message cancels
        ReturnValuesOnConditionCheckFailure: "ALL_OLD", // who was first, and with what, at no extra read
      },
    };
  }
}

function evidenceId({ consumer, message }: Delivery): string {
  return derivedId(consumer, message.source, message.id);
}

interface EvidenceItem {
  readonly id: string;
  readonly consumer: string;
  readonly source: string;
  readonly messageId: string;
  readonly digest: string;
  readonly receipt: unknown;
}

/** Only another delivery of the same message, or request of the same key, writes the same evidence. */
function codeOf(reasons: readonly CancellationReason[], { codes }: { codes: readonly string[] }): string {
  const byTwin = reasons[evidenceIndex]?.Code === "TransactionConflict";
  return byTwin ? "IN_PROGRESS" : (codes[0] ?? "TRANSIENT");
}

function settle(cancellation: Cancellation, delivery: Delivery, digest: string): Outcome {
  if (cancellation.kind === "evidence") return duplicateOf(cancellation.item, delivery, digest);
  if (cancellation.kind === "state-moved") throw new StateMoved();
  throw new Park("COMMIT_REFUSED", cancellation.codes.join(", ") || "cancelled without a reason");
}

function duplicateOf(
  item: Readonly<Record<string, AttributeValue>>,
  delivery: Delivery,
  digest: string,
): Outcome {
  const evidence = unmarshall({ ...item });
  if (evidence.digest !== digest) {
    throw new Park(
      "ID_REUSED",
      `${delivery.message.source} ${delivery.message.id} was processed with other data`,
    );
  }
  const receipt = typeof evidence.receipt === "string" ? JSON.parse(evidence.receipt) : undefined;
  return { kind: "duplicate", receipt };
}
