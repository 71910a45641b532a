// What to try while the local cloud stays up.
import type { TrialRun } from "@essentially-once/local-cloud/trial-run";

export interface Invited {
  readonly run: Pick<TrialRun, "output" | "endpoints">;
  /** A customer who can pay. */
  readonly customerId: string;
  /** A customer without an account, whose message is parked. */
  readonly strangerId?: string | undefined;
}

/** @param where what names this local cloud to the operator's commands */
export function invitation({ run, customerId, strangerId }: Invited, where: string): string {
  const lines = [{ sku: "rope", quantity: 2, unitPrice: 1250 }];
  const cents = { N: "100000" };
  const Item = { id: { S: strangerId }, version: { N: "1" }, limit: cents, available: cents };
  const cure = `
An order waits for the account of ${strangerId}. Open the account, and send the message back:

  curl -sSw '\\n' ${run.endpoints.dynamodb} --aws-sigv4 aws:amz:us-east-1:dynamodb -u test:test \\
    -H 'content-type: application/x-amz-json-1.0' -H 'x-amz-target: DynamoDB_20120810.PutItem' \\
    -d '${JSON.stringify({ TableName: run.output("CreditTable"), Item })}'
  npm run dlq -- redrive --reason ACCOUNT_UNKNOWN --yes${where}
`;
  return `
Place an order; the same key gives the same answer, however often:

  curl -sSw '\\n' ${run.output("PlaceOrderUrl")} \\
    -H 'content-type: application/json' -H 'idempotency-key: my-first-order' \\
    -d '${JSON.stringify({ customerId, shipTo: "1 Harbour Road, Lisbon", lines })}'

See what became of it, message by message, and what was parked:

  npm run journal -- tail --last 4${where}
  npm run dlq -- list${where}
${strangerId === undefined ? "" : cure}`;
}
