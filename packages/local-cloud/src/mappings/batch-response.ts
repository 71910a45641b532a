// Reads the result of each record of a batch from the function's response.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

/**
 * The identifiers that failed. None: success of all. All: the answer says so, or cannot be read.
 * Success of all is: null, no answer, an object without `batchItemFailures`, or with a null or empty list.
 * Failure of all is: anything else than an object, and any entry without an identifier of this batch.
 */
export function failedIdentifiers(options: {
  readonly response: unknown;
  readonly identifiers: readonly string[];
  readonly reportBatchItemFailures: boolean;
}): ReadonlySet<string> {
  const { response, identifiers, reportBatchItemFailures } = options;
  const none = new Set<string>();
  const all = new Set(identifiers);
  if (!reportBatchItemFailures || response === null || response === undefined) return none;
  if (typeof response !== "object" || Array.isArray(response)) return all;
  const failures: unknown = "batchItemFailures" in response ? response.batchItemFailures : undefined;
  if (failures === null || failures === undefined) return none;
  if (!Array.isArray(failures)) return all;
  const failed = failures.map(identifierOf);
  return failed.every((identifier) => identifier !== undefined && all.has(identifier))
    ? new Set(failed as string[])
    : all;
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== "object" || failure === null || !("itemIdentifier" in failure)) return undefined;
  return typeof failure.itemIdentifier === "string" ? failure.itemIdentifier : undefined;
}
