import type { Config } from "@essentially-once/constructs/config";
import { RedriveQueue } from "@essentially-once/constructs/redrive-queue";
import type { Subscription, Wiring } from "@essentially-once/constructs/routes";
import type { Foundation } from "@essentially-once/constructs/shared-foundation";
import { useMessaging } from "@essentially-once/constructs/use-messaging";
import { CfnOutput, Stack } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Construct } from "constructs";
import { sendInvoice } from "../src/billing/contracts.ts";
import { OwnFunction } from "./own-function.ts";
import { queueAlarms } from "./queue-alarms.ts";

export class BillingStack extends Stack implements Wiring {
  readonly contracts = [sendInvoice];
  readonly subscriptions: Subscription[];

  constructor(scope: Construct, id: string, props: { config: Config; foundation?: Foundation }) {
    super(scope, id);
    const table = new TableV2(this, "Invoices", {
      partitionKey: { name: "customerId", type: AttributeType.STRING },
      sortKey: { name: "orderId", type: AttributeType.STRING },
      globalSecondaryIndexes: [
        { indexName: "byPaid", partitionKey: { name: "paid", type: AttributeType.STRING } },
      ],
      billing: Billing.onDemand(),
    });
    const invoice = new OwnFunction(this, "SendInvoice", "src/billing/send-invoice.ts");
    invoice.addEnvironment("INVOICES_TABLE", table.tableName);
    table.grant(invoice, "dynamodb:UpdateItem");

    const functionTimeout = OwnFunction.timeout;
    const queue = new RedriveQueue(this, "InvoiceQueue", { ...props.config.sizes, functionTimeout });
    useMessaging(invoice, { contract: sendInvoice, queue, ...props });
    invoice.addEventSource(
      new SqsEventSource(queue.queue, { reportBatchItemFailures: true, maxConcurrency: 10 }),
    );
    queueAlarms(this, queue);
    this.subscriptions = [{ contract: sendInvoice, queue: queue.queue }];
    new CfnOutput(this, "InvoiceQueueUrl", { value: queue.queue.queueUrl });
    new CfnOutput(this, "InvoicesTable", { value: table.tableName });
  }
}
