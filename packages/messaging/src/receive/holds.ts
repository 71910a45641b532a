// Holds: which parked messages of a FIFO group stand in front of its others. One item a group in the evidence
// table: the ids of the held messages, first in line first.
//
//   G4. In a held group only the first in line may run; every other message of it is parked behind.
//
// Every step may be repeated, because it may have been done by a process that died:
//   before the hold          nothing has happened; the message is redelivered
//   hold, not parked         redelivered, it finds its place in the line, and runs (first) or is parked (behind)
//   parked, not acknowledged the same; the second dead letter is a copy with the same id as the first
//   effect, still held       redelivered, it is first in line; its evidence makes it a duplicate; it leaves
//   left, not acknowledged   redelivered, it is among the `passed`: it runs, and is a duplicate
// So the line holds ids and not a number: an id that joins or leaves twice changes nothing.
//
// Beside each id is when it was last parked. After the longest time that SQS can keep its dead letter, and then
// its redriven copy, there is nothing left to wait for.
// docs/adr/0007-a-parked-message-holds-its-group.md
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { getItems } from "../aws/dynamodb-batch.ts";
import { nowSeconds } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { RetryLater } from "../core/outcome.ts";
import { deadLetterRetentionDays, sourceRetentionDaysMax } from "../envelope/message-life.ts";

export interface Hold {
  /** The ids of held messages, first in line first. Empty: the group is free. */
  readonly line: readonly string[];
  /** When each of them was last parked, in seconds since the epoch. */
  readonly parkedAt: readonly number[];
  /** The last that left a line that is not empty. */
  readonly passed: readonly string[];
}

export interface Holds {
  /** The holds of groups, as many as one batch of a FIFO queue can have. */
  read(groups: readonly string[]): Promise<ReadonlyMap<string, Hold>>;
  /** Puts a message at the end of its group's line; one that is in it keeps its place. */
  join(group: string, id: string): Promise<Hold>;
  /** Takes a message out of its group's line, wherever it is in it. */
  leave(group: string, id: string): Promise<Hold>;
}

export const noHold: Hold = { line: [], parkedAt: [], passed: [] };

/** In the dead-letter queue to its end, redriven on the last day, and in the source queue to its end. */
const lifeSeconds = (deadLetterRetentionDays + sourceRetentionDaysMax) * 86_400;

/** True when SQS no longer has the first message of the line: no operator redrove or discarded it in time. */
export function isFirstGone({ parkedAt: [first] }: Hold): boolean {
  return first !== undefined && nowSeconds() - first > lifeSeconds;
}

/** A batch of a FIFO queue is no longer: more cannot have left and still be unacknowledged. */
const passedMax = 10;
/** How often a change of the line is tried when other processes change it at the same time. */
const attemptsMax = 5;

/** The holds of one queue. @param queueName the last part of its ARN and of its URL */
export function holds({
  table,
  queueName,
  client = dynamodb,
}: {
  table: string;
  queueName: string;
  client?: () => DynamoDBClient;
}): Holds {
  return {
    read,

    async join(group, id) {
      try {
        const { Attributes } = await client().send(
          new UpdateItemCommand({
            TableName: table,
            Key: marshall({ id: idOf(group) }),
            UpdateExpression:
              "SET line = list_append(if_not_exists(line, :none), :one), parkedAt = list_append(if_not_exists(parkedAt, :none), :now), #g = :group, #q = :queue",
            ConditionExpression: "NOT contains(line, :id)",
            ExpressionAttributeNames: { "#g": "group", "#q": "queue" }, // for whoever looks into the table
            ExpressionAttributeValues: marshall({
              ":none": [],
              ":one": [id],
              ":now": [nowSeconds()],
              ":id": id,
              ":group": group,
              ":queue": queueName,
            }),
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        );
        return holdIn(Attributes);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException)
          return parkedAgain(group, id, holdIn(error.Item));
        throw error;
      }
    },

    async leave(group, id) {
      let hold = (await read([group])).get(group) ?? noHold;
      for (let attempt = 1; hold.line.includes(id); attempt++) {
        if (attempt > attemptsMax) throw new RetryLater("HOLD_CONTENDED", undefined, { waited: true });
        hold = await remove(group, id, hold);
      }
      return hold;
    },
  };

  async function parkedAgain(group: string, id: string, found: Hold): Promise<Hold> {
    let hold = found;
    for (let attempt = 1; attempt <= attemptsMax && hold.line.includes(id); attempt++) {
      const index = hold.line.indexOf(id);
      try {
        const { Attributes } = await client().send(
          new UpdateItemCommand({
            TableName: table,
            Key: marshall({ id: idOf(group) }),
            UpdateExpression: `SET parkedAt[${index}] = :now`,
            ConditionExpression: `line[${index}] = :id`,
            ExpressionAttributeValues: marshall({ ":now": nowSeconds(), ":id": id }),
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        );
        return holdIn(Attributes);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        hold = holdIn(error.Item);
      }
    }
    throw new RetryLater("HOLD_CONTENDED", undefined, { waited: true });
  }

  async function read(groups: readonly string[]): Promise<ReadonlyMap<string, Hold>> {
    const groupOf = new Map(groups.map((group) => [idOf(group), group]));
    const keys = [...groupOf.keys()].map((id) => marshall({ id }));
    const items = await getItems(client(), { table, keys });
    return new Map(items.map((item) => [groupOf.get(item.id?.S ?? "") ?? "", holdIn(item)]));
  }

  /** The hold as it is afterwards; still with the id when somebody else moved the line first. */
  async function remove(group: string, id: string, { line, passed }: Hold): Promise<Hold> {
    const target = { TableName: table, Key: marshall({ id: idOf(group) }) };
    const failing = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };
    try {
      if (line.length === 1) {
        await client().send(
          new DeleteItemCommand({
            ...target,
            ...failing,
            ConditionExpression: "attribute_not_exists(id) OR line = :line", // nobody joined meanwhile
            ExpressionAttributeValues: marshall({ ":line": line }),
          }),
        );
        return noHold;
      }
      const index = line.indexOf(id);
      const { Attributes } = await client().send(
        new UpdateItemCommand({
          ...target,
          ...failing,
          UpdateExpression: `REMOVE line[${index}], parkedAt[${index}] SET passed = :passed`,
          ConditionExpression: `line[${index}] = :id`,
          ExpressionAttributeValues: marshall({ ":id": id, ":passed": [...passed, id].slice(-passedMax) }),
          ReturnValues: "ALL_NEW",
        }),
      );
      return holdIn(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return holdIn(error.Item);
      throw error;
    }
  }

  function idOf(group: string): string {
    return holdId(queueName, group);
  }
}

/** The id of the item that holds the line of a group. */
export function holdId(queueName: string, group: string): string {
  return derivedId("hold", queueName, group);
}

function holdIn(item: Readonly<Record<string, AttributeValue>> | undefined): Hold {
  const { line, parkedAt, passed } = item ? unmarshall({ ...item }) : {};
  return {
    line: texts(line),
    parkedAt: Array.isArray(parkedAt) ? parkedAt.map(Number) : [],
    passed: texts(passed),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
