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

type Item = Record<string, AttributeValue>;

/** Why a statement was not done. */
export interface StatementRefused {
  readonly code: string;
  /** The item as it was when the condition failed, from an engine that says so. */
  readonly item?: Item | undefined;
}

/** Nothing is wrong with the statement. */
const mayPass: ReadonlySet<string> = new Set([
  "UNPROCESSED",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "InternalServerError",
]);

/**
 * Executes at most `statementsMax` writes of different items, each on a condition of its own.
 * @returns for each statement why it was not done; undefined when it was
 */
export async function executeStatements(
  client: DynamoDBClient,
  {
    statements,
    deadlineMs,
  }: { readonly statements: readonly BatchStatementRequest[]; readonly deadlineMs?: number },
): Promise<(StatementRefused | undefined)[]> {
  const items = new Map<BatchStatementRequest, Item>();
  const undone = await sendInBatches(statements, {
    entriesMax: statementsMax,
    deadlineMs,
    async request(sent) {
      const { Responses = [] } = await client.send(
        new BatchExecuteStatementCommand({ Statements: [...sent] }),
      );
      const again: Refused<BatchStatementRequest>[] = [];
      const refused: Refused<BatchStatementRequest>[] = [];
      for (const [index, entry] of sent.entries()) {
        const answer = Responses[index];
        if (answer !== undefined && answer.Error === undefined) continue;
        const { Code: code = "UNPROCESSED", Item } = answer?.Error ?? {};
        if (Item) items.set(entry, Item);
        (mayPass.has(code) ? again : refused).push({ entry, code });
      }
      return { again, refused };
    },
  });
  const codes = new Map(undone.map(({ entry, code }) => [entry, code]));
  return statements.map((statement) => {
    const code = codes.get(statement);
    return code === undefined ? undefined : { code, item: items.get(statement) };
  });
}
