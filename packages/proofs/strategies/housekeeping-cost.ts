// What housekeeping costs: it is safe, and it reads the whole history again each time, where a sweeper reads what is
// outstanding. Read units by the engine's own account, for orders and marks of about 250 bytes.
import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type ScanCommandOutput,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { openSandbox } from "@essentially-once/testing/internal/explorer/sandbox";

export interface HousekeepingCost {
  /** Messages since the beginning, all of them sent. */
  readonly history: number;
  /** Of one run that finds nothing to do. */
  readonly readUnits: number;
}

export interface RelayCosts {
  readonly housekeeping: readonly HousekeepingCost[];
  /** Of one run of the sweeper, which finds an empty outbox, after the longest history. */
  readonly sweeperReadUnits: number;
}

const histories = [100, 1_000, 5_000];
const batchMax = 25;
const ballast = "x".repeat(200);

export async function measureHousekeeping(): Promise<RelayCosts> {
  const sandbox = await openSandbox({ tables: { ACCOUNTS_TABLE: {}, MARKS_TABLE: {} } });
  const { dynamodb } = sandbox.clients;
  try {
    const housekeeping: HousekeepingCost[] = [];
    let written = 0;
    for (const history of histories) {
      for (const variable of ["ACCOUNTS_TABLE", "MARKS_TABLE"]) {
        await fill(dynamodb, sandbox.table(variable), { from: written, to: history });
      }
      written = history;
      const read = await Promise.all(
        ["ACCOUNTS_TABLE", "MARKS_TABLE"].map((variable) => scan(dynamodb, sandbox.table(variable))),
      );
      housekeeping.push({ history, readUnits: read.reduce((sum, units) => sum + units, 0) });
    }
    return { housekeeping, sweeperReadUnits: await scan(dynamodb, sandbox.table("OUTBOX_TABLE")) };
  } finally {
    await sandbox.stop();
  }
}

async function fill(
  client: DynamoDBClient,
  table: string,
  { from, to }: { from: number; to: number },
): Promise<void> {
  for (let start = from; start < to; start += batchMax) {
    const count = Math.min(batchMax, to - start);
    const requests = Array.from({ length: count }, (_, index) => ({
      PutRequest: { Item: marshall({ id: `order-${start + index}`, state: "sent", ballast }) },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

async function scan(client: DynamoDBClient, TableName: string): Promise<number> {
  let units = 0;
  let page: ScanCommandOutput | undefined;
  do {
    page = await readPage(page?.LastEvaluatedKey);
    units += page.ConsumedCapacity?.CapacityUnits ?? 0;
  } while (page.LastEvaluatedKey);
  return units;

  function readPage(ExclusiveStartKey: ScanCommandOutput["LastEvaluatedKey"]) {
    const asked = { TableName, ConsistentRead: true, ReturnConsumedCapacity: "TOTAL" as const };
    return client.send(new ScanCommand({ ...asked, ...(ExclusiveStartKey && { ExclusiveStartKey }) }));
  }
}
