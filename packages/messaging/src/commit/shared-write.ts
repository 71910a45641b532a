// Conditional writes that share a BatchExecuteStatement, and what sends them, loaded with the first two of one moment.
//
//   G5. Each has a result of its own, and one that is not done by a statement goes alone.
//   G11. A request has at most 25 of them, never two of one item.
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { groupsOf } from "./gather.ts";
import { measure } from "./limits.ts";
import type { GroupedMember, GroupedResult, SendGroup } from "./statement-group.ts";
import type { Write } from "./unit-of-work.ts";

/** Of a BatchExecuteStatement. */
export const statementsMax = 25;

/** Sends a group; one write by itself goes alone, as its answer says more. Never rejects: each member is told. */
export function groupSender(client: () => DynamoDBClient): SendGroup {
  let loaded: Promise<SendGroup> | undefined;
  return async function send(group) {
    if (group.length === 1) return group[0]?.resolve("alone");
    try {
      loaded ??= import("./statement-group.ts").then(({ statementGroups }) => statementGroups(client));
      const sendGroup = await loaded;
      await sendGroup(group);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };
}

export interface OneWrite {
  readonly write: Write;
  /** Whether its item is there: an INSERT or an UPDATE. */
  readonly exists: boolean;
  readonly deadlineMs: number;
}

/** Performs a write, together with those of the same turn of the event loop; no write waits for a timer. */
export function sharedWrite(client: () => DynamoDBClient): (one: OneWrite) => Promise<GroupedResult> {
  const send = groupSender(client);
  let ready: GroupedMember[] = [];
  return function perform({ write, exists, deadlineMs }) {
    return new Promise((resolve, reject) => {
      if (ready.length === 0) setImmediate(flush);
      const unit = { ...measure([write]), before: { exists, hasOutbox: false }, deadlineMs };
      ready.push({ unit, resolve, reject });
    });
  };

  function flush(): void {
    const members = ready;
    ready = [];
    for (const group of groupsOf(members, statementsMax)) void send(group);
  }
}

/** An update of these attributes, on the same condition, for a put that replaces an item and leaves its others as they are. */
export function asUpdate(put: NonNullable<Write["Put"]>, names: readonly string[]): Write {
  const { id, ...item } = put.Item ?? {};
  const changed = names.filter((name) => item[name] !== undefined);
  const placed = (prefix: string, of: (name: string) => unknown) =>
    Object.fromEntries(changed.map((name) => [`${prefix}${name}`, of(name)]));
  return {
    Update: {
      TableName: put.TableName,
      Key: { id: id ?? { NULL: true } },
      UpdateExpression: `SET ${changed.map((name) => `#${name} = :to_${name}`).join(", ")}`,
      ConditionExpression: put.ConditionExpression,
      ExpressionAttributeNames: { ...put.ExpressionAttributeNames, ...placed("#", (name) => name) } as Record<
        string,
        string
      >,
      ExpressionAttributeValues: {
        ...put.ExpressionAttributeValues,
        ...(placed(":to_", (name) => item[name]) as Record<string, AttributeValue>),
      },
    },
  };
}
