// The batch request of PartiQL statements to DynamoDB; see batch-answer.ts. Loaded with the first batch that needs it.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { type Refused, sendInBatches } from "./batch-answer.ts";

const statementsMax = 25;

/** Why a statement was not done. */
export interface StatementRefused {
  readonly code: string;
  /** The item as it was when the condition failed, from an engine that says so. */
  readonly item?: Record<string, AttributeValue> | undefined;
}

/** Nothing is wrong with the statement. */
const mayPass: ReadonlySet<string> = new Set([
  "UNPROCESSED",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "InternalServerError",
]);

export interface Statements {
  /** Writes of different items, each on a condition of its own. */
  readonly statements: readonly BatchStatementRequest[];
  readonly deadlineMs?: number;
  /** Hears of each statement when it is known, before others are sent again: why it was not done; undefined when it was. */
  readonly told: (index: number, refused: StatementRefused | undefined) => void;
}

export async function executeStatements(
  client: DynamoDBClient,
  { statements, deadlineMs, told }: Statements,
): Promise<void> {
  const left = await sendInBatches([...statements.keys()], {
    entriesMax: statementsMax,
    deadlineMs,
    async request(indexes) {
      const Statements = indexes.map((index) => statements[index] as BatchStatementRequest);
      const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
      const again: Refused<number>[] = [];
      for (const [place, index] of indexes.entries()) {
        const answer = Responses[place];
        if (answer !== undefined && answer.Error === undefined) {
          told(index, undefined);
          continue;
        }
        const { Code: code = "UNPROCESSED", Item: item } = answer?.Error ?? {};
        if (mayPass.has(code)) again.push({ entry: index, code });
        else told(index, { code, item });
      }
      return { again, refused: [] };
    },
  });
  for (const { entry, code } of left) told(entry, { code });
}
