// Finds the scheduled message that an operator names by contract and key.
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import {
  itemId,
  readScheduledItem,
  type ScheduledItem,
  type StoredItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import type { Connection } from "../connect/connection.ts";
import { registrationsOf } from "../connect/registry.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { schedulesTable } from "./changes.ts";

/** An item that this release cannot read. */
export interface Unreadable {
  readonly id: string;
  readonly reason: string;
  readonly stored: StoredItem;
}

export type Found = ScheduledItem | Unreadable;

/**
 * The contract as it calls itself, or as `consumers` takes it: `reserve-credit` or `ReserveCredit`. An item without a readable
 * key is found by the part of its id behind the `#`, too.
 *
 * @throws UsageError for a contract that there is not, naming those there are
 */
export async function find(
  connection: Connection,
  contract: string,
  key: string,
): Promise<Found | undefined> {
  const exact = await findIn(connection, contract, key);
  if (exact !== undefined) return exact; // also of a contract that is gone
  const name = await contractNamed(connection, contract);
  return name === contract ? undefined : findIn(connection, name, key);
}

export function isUnreadable(found: Found): found is Unreadable {
  return "stored" in found;
}

async function findIn(connection: Connection, contract: string, key: string): Promise<Found | undefined> {
  const found = await itemAt(connection, itemId(contract, key));
  if (found !== undefined) return found;
  const byId = await itemAt(connection, `${contract}#${key}`);
  return byId !== undefined && isUnreadable(byId) ? byId : undefined;
}

async function itemAt({ dynamodb, outputs }: Connection, id: string): Promise<Found | undefined> {
  const TableName = schedulesTable(outputs);
  const { Item: stored } = await dynamodb.send(
    new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true }),
  );
  if (stored === undefined) return undefined;
  try {
    return readScheduledItem(stored);
  } catch (error) {
    return { id, reason: error instanceof Error ? error.message : String(error), stored };
  }
}

/** Functions without a queue have contracts, too: the registry knows them. */
async function contractNamed(connection: Connection, given: string): Promise<string> {
  const consumers = Object.values(connection.outputs).flatMap((stack) => Object.entries(stack));
  const consumer = consumers.find(
    ([key, name]) => key.endsWith("Consumer") && (name === given || key === `${given}Consumer`),
  );
  if (consumer !== undefined) return consumer[1];
  const names = (await registrationsOf(connection)).map(({ name }) => name).sort();
  const name = names.find((each) => each === given || pascalOf(each) === given);
  if (name !== undefined) return name;
  throw new UsageError(
    `CONTRACT must be one of ${names.join(", ") || "none"}, got ${JSON.stringify(given)}.`,
  );
}

function pascalOf(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
