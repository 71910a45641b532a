// Which call an SDK error comes from: the error itself does not say. Told by the clients of clients.ts and every
// client that is `watched`.

export interface Called {
  /** `PutItem` */
  readonly command: string;
  /** The table, queue or bucket of the request. */
  readonly resource: string | undefined;
  /** Made where the call was: the error's own frames often end inside the SDK. */
  readonly site: Error | undefined;
}

const calls = new WeakMap<object, Called>();

export function noteCall(
  error: unknown,
  { commandName, input, site }: { commandName: string; input: unknown; site: Error | undefined },
): void {
  if (typeof error !== "object" || error === null || calls.has(error)) return;
  calls.set(error, { command: commandName.replace(/Command$/, ""), resource: resourceIn(input), site });
}

export function calledBy(error: object): Called | undefined {
  return calls.get(error);
}

function resourceIn(input: unknown): string | undefined {
  const { TableName, QueueUrl, Bucket, SecretId } = (input ?? {}) as Record<string, unknown>;
  const named = TableName ?? QueueUrl ?? Bucket ?? SecretId;
  return typeof named === "string" ? named.split("/").at(-1)?.slice(0, 200) : undefined;
}
