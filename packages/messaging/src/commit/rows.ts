// Evidence as an item of its own: evidence, state and outbox row in one TransactWriteItems.
//
//   G1, G2. One transaction holds everything; its first action is the evidence. What it says when it was there
//   before: rows-evidence.ts.
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { nowIso, nowSeconds } from "../core/clock.ts";
import { environment } from "../core/environment.ts";
import { evidenceId } from "../core/ids.ts";
import { digestOf } from "../envelope/digest.ts";
import { evidenceDays } from "../envelope/message-life.ts";
import type { Delivery } from "./delivery.ts";
import { type GroupCommitOptions, groupCommit } from "./group-commit.ts";
import type { EvidenceStore } from "./idempotency.ts";
import type { Condition } from "./lease-item.ts";
import { measure } from "./limits.ts";
import type { MessageCarrier } from "./messages-in-item.ts";
import { writesWithRows } from "./outbox.ts";
import type { RowsEvidence } from "./rows-evidence.ts";
import { transact } from "./transaction.ts";
import type { Write } from "./unit-of-work.ts";

export interface RowsOptions {
  /** The evidence table; by default what EVIDENCE_TABLE names. */
  readonly evidenceTable?: string;
  /** The outbox table; by default what ORDERED_OUTBOX_TABLE names. */
  readonly outboxTable?: string;
  /** Where outgoing messages travel: in rows of the outbox, unless `inItem({ table })` is given. */
  readonly messages?: MessageCarrier;
  readonly client?: DynamoDBClient;
  /**
   * Units of work of one batch that are ready together share a transaction: fewer requests, and a cancelled one
   * is sent again in parts. False sends each alone.
   */
  readonly groupCommit?: boolean | GroupCommitOptions;
}

/** Evidence in a table of its own, for units of work with any number of items. 2 WCU an item, one request. */
export function rows(options: RowsOptions = {}): EvidenceStore {
  const evidenceTable = options.evidenceTable ?? environment("EVIDENCE_TABLE");
  const outboxTable = () => options.outboxTable ?? environment("ORDERED_OUTBOX_TABLE"); // of those that publish
  const client = () => options.client ?? dynamodb();
  const send = transact(client);
  const { groupCommit: grouping = {} } = options;
  const group = grouping === false ? undefined : groupCommit(send, grouping === true ? {} : grouping);
  let loaded: Promise<RowsEvidence> | undefined;

  return {
    begin: ({ unit, deadlineMs }) => group?.begin(unit, deadlineMs),
    end: ({ unit }) => group?.end(unit),

    looksUpFirst: true, // it spares a transaction that is cancelled, and paid for
    async find(delivery) {
      const { find } = await evidence();
      return find(delivery);
    },

    async commit(delivery, receipt) {
      let unit = measure(transactionOf(delivery, receipt));
      for (let attempt = 1; ; attempt++) {
        const reasons = await (group ? group.commit(delivery.unit, unit) : send(unit.actions));
        if (reasons === undefined) return { kind: "done", receipt };
        const { judge } = await evidence();
        const verdict = judge(reasons, delivery, unit);
        if (verdict.kind !== "transient") return verdict;
        const { beforeNextCommit } = await import("../core/retry.ts");
        await beforeNextCommit(verdict, { attempt, deadlineMs: delivery.deadlineMs });
        if (verdict.condition) unit = measure(transactionOf(delivery, receipt, verdict.condition));
      }
    },
  };

  /** Loaded with the first message that may have been there before: most are not. */
  async function evidence(): Promise<RowsEvidence> {
    loaded ??= import("./rows-evidence.ts").then(({ rowsEvidence }) =>
      rowsEvidence({ table: evidenceTable, client }),
    );
    return loaded;
  }

  function transactionOf(delivery: Delivery, receipt: unknown, condition = absent): Write[] {
    const id = evidenceId(delivery);
    const { unit } = delivery;
    const writes = options.messages?.(unit, id) ?? writesWithRows(unit, { table: outboxTable, id });
    return [evidenceWrite(id, delivery, receipt, condition), ...writes]; // evidence first: its reason is looked at first
  }

  function evidenceWrite(id: string, delivery: Delivery, receipt: unknown, condition: Condition): Write {
    const { consumer, message, sqsMessage } = delivery; // a queue is nobody who gets an answer
    const { digest, meaning } = digestOf(message);
    // As attribute values at once: `marshall` would find out the types of seven texts for every message.
    const item: Record<string, AttributeValue> = {
      id: { S: id },
      consumer: { S: consumer },
      source: { S: message.source },
      messageId: { S: message.id },
      digest: { S: digest },
      ...(meaning === undefined ? {} : { meaning: { S: meaning } }),
      ...(receipt === undefined || sqsMessage !== undefined
        ? {}
        : { receipt: { S: JSON.stringify(receipt) } }),
      processedAt: { S: nowIso() },
      expiresAt: { N: String(nowSeconds() + evidenceDays * 86_400) },
    };
    return {
      Put: {
        TableName: evidenceTable,
        Item: item,
        ...condition, // G2: the second commit of a message cancels
        ReturnValuesOnConditionCheckFailure: "ALL_OLD", // who was first, and with what, at no extra read
      },
    };
  }
}

const absent: Condition = { ConditionExpression: "attribute_not_exists(id)" };
