// What is printed while the local cloud stays up: where everything is, and what to try.

import type { Endpoints } from "@essentially-once/local-cloud/model";
import { reach } from "@essentially-once/local-cloud/reach";

export interface Invited {
  readonly endpoints: Endpoints;
  output(key: string): string;
  /** A customer who can pay. */
  readonly customerId: string;
  /** A customer without an account, whose order is parked. */
  readonly strangerId?: string | undefined;
  /** Given to the operator's commands when this cloud is not the first. */
  readonly cloudFile?: string;
}

export function invitation({ endpoints, output, customerId, strangerId, cloudFile }: Invited): string {
  const where = cloudFile ? ` --cloud ${cloudFile}` : "";
  const order = JSON.stringify({
    customerId,
    shipTo: "1 Harbour Road, Lisbon",
    lines: [{ sku: "rope", quantity: 2, unitPrice: 1250 }],
  });
  return `
The local cloud stays up until Ctrl-C. Try this in another terminal, in this directory.

Place an order; the same key gives the same answer, however often:

  curl -sSw '\\n' ${output("PlaceOrderUrl")} \\
    -H 'content-type: application/json' -H 'idempotency-key: my-first-order' \\
    -d '${order}'

See what became of it, message by message, and what was parked:

  npm run journal -- tail --last 4${where}
  npm run dlq -- list${where}
${strangerId === undefined ? "" : cure(strangerId)}
The AWS CLI and the SDKs reach it by these:
${reach(endpoints)}`;

  /** Signed by curl, so that nobody needs the AWS CLI. */
  function cure(id: string): string {
    const account = {
      id: { S: id },
      version: { N: "1" },
      limit: { N: "100000" },
      available: { N: "100000" },
    };
    const item = JSON.stringify({ TableName: output("CreditTable"), Item: account });
    return `
An order waits for the account of ${id}. Open the account, and send the message back:

  curl -sSw '\\n' ${endpoints.dynamodb} --aws-sigv4 aws:amz:us-east-1:dynamodb -u test:test \\
    -H 'content-type: application/x-amz-json-1.0' -H 'x-amz-target: DynamoDB_20120810.PutItem' \\
    -d '${item}'
  npm run dlq -- redrive --reason ACCOUNT_UNKNOWN --yes${where}
`;
  }
}
