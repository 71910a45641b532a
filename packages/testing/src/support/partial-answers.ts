// Answers of a batch request that leave entries out, as AWS gives them within an HTTP 200. The engine sees the rest.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { BatchResultErrorEntry, SQSClient } from "@aws-sdk/client-sqs";

export interface PartialAnswers {
  /** How many entries each request had. */
  readonly requests: readonly number[];
  remove(): void;
}

const name = "partial-answers";

interface Batch {
  readonly RequestItems?: Record<string, unknown[] | { Keys?: unknown[] }>;
  readonly Entries?: readonly { readonly Id?: string }[];
  readonly Statements?: readonly unknown[];
}

interface Answered {
  readonly Responses?: readonly unknown[];
}

/**
 * The first `requests` requests of a command leave out the first `entries` of each.
 * @param failure what SQS says of them; DynamoDB only names them
 */
export function leaveOut(
  client: DynamoDBClient | SQSClient,
  {
    command,
    entries = 1,
    requests: requestsMax = 1,
    failure = { SenderFault: false, Code: "InternalError" },
  }: {
    readonly command: string;
    readonly entries?: number;
    readonly requests?: number;
    readonly failure?: Pick<BatchResultErrorEntry, "SenderFault" | "Code">;
  },
): PartialAnswers {
  const requests: number[] = [];
  const stack = client.middlewareStack as DynamoDBClient["middlewareStack"];
  stack.add(
    (next, { commandName }) =>
      async function answerInPart(args) {
        if (commandName !== command) return next(args);
        const input = args.input as Batch;
        requests.push(entriesOf(input).length);
        if (requests.length > requestsMax) return next(args);
        const out = entriesOf(input).slice(0, entries);
        const rest = entriesOf(input).slice(entries);
        const answered =
          rest.length === 0
            ? { response: {}, output: { $metadata: {} } }
            : await next({ ...args, input: holding(input, rest) as typeof args.input });
        const output = {
          ...answered.output,
          ...unanswered(input, out, failure, answered.output as Answered),
        };
        return { ...answered, output } as never;
      },
    { name, step: "initialize", override: true },
  );
  return {
    requests,
    remove() {
      stack.remove(name);
    },
  };
}

function entriesOf({ Entries, Statements, RequestItems = {} }: Batch): readonly unknown[] {
  if (Entries) return Entries;
  if (Statements) return Statements;
  const [wanted = []] = Object.values(RequestItems);
  return Array.isArray(wanted) ? wanted : (wanted.Keys ?? []);
}

function holding(input: Batch, entries: readonly unknown[]): unknown {
  if (input.Entries) return { ...input, Entries: entries };
  if (input.Statements) return { ...input, Statements: entries };
  const [[table = "", wanted = []] = []] = Object.entries(input.RequestItems ?? {});
  return {
    ...input,
    RequestItems: { [table]: Array.isArray(wanted) ? entries : { ...wanted, Keys: entries } },
  };
}

function unanswered(
  input: Batch,
  entries: readonly unknown[],
  failure: { readonly Code: string | undefined },
  { Responses = [] }: Answered,
): object {
  if (input.Statements)
    return { Responses: [...entries.map(() => ({ Error: { Code: failure.Code } })), ...Responses] };
  if (input.Entries)
    return { Failed: entries.map((entry) => ({ Id: (entry as { Id: string }).Id, ...failure })) };
  const { RequestItems } = holding(input, entries) as { RequestItems: Record<string, unknown> };
  const isWrite = Array.isArray(Object.values(input.RequestItems ?? {})[0]);
  return isWrite ? { UnprocessedItems: RequestItems } : { UnprocessedKeys: RequestItems };
}
