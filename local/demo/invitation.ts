// What is printed while the local cloud stays up: where everything is, and what to try.

import type { Endpoints } from "../model.ts";
import { reach } from "../reach.ts";

export interface Invited {
  readonly endpoints: Endpoints;
  output(key: string): string;
  /** A customer who can pay. */
  readonly customerId: string;
  /** Given to the operator's commands when this cloud is not the first. */
  readonly cloudFile?: string;
}

export function invitation({ endpoints, output, customerId, cloudFile }: Invited): string {
  const where = cloudFile ? ` --cloud ${cloudFile}` : "";
  const order = JSON.stringify({
    customerId,
    shipTo: "1 Harbour Road, Lisbon",
    lines: [{ sku: "rope", quantity: 2, unitPrice: 1250 }],
  });
  return `
The local cloud stays up until Ctrl-C. To reach it from another terminal:
${reach(endpoints)}
Place an order; the same key gives the same answer, however often:

  curl -sS ${output("PlaceOrderUrl")} \\
    -H 'content-type: application/json' -H 'idempotency-key: my-first-order' \\
    -d '${order}'

See what became of it, and what was parked:

  aws dynamodb scan --table-name ${output("OrdersTable")} --max-items 5
  aws sqs receive-message --queue-url ${output("ReserveCreditDeadLetterQueueUrl")} --visibility-timeout 5
  npm run dlq -- list${where}
  npm run dlq -- redrive --reason ACCOUNT_UNKNOWN${where}
`;
}
