// What to try while the local cloud stays up.
import type { TrialRun } from "@essentially-once/local-cloud/trial-run";

export interface Invited {
  readonly run: Pick<TrialRun, "output" | "endpoints">;
  /** A customer who can pay. */
  readonly customerId: string;
  /** A customer without an account, whose order was canceled and whose message is parked. */
  readonly strangerId?: string | undefined;
}

/** @param where what names this local cloud to the operator's commands */
export function invitation({ run, customerId, strangerId }: Invited, where: string): string {
  const lines = [{ sku: "rope", quantity: 2, unitPrice: 1250 }];
  const canceled = `
The order of ${strangerId}, who has no account, was canceled by its time-out. Send its message back: it reserves nothing.

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
${strangerId === undefined ? "" : canceled}`;
}
