// CREDIT: reserve-credit decides whether a placed order is paid for.
import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { CreditDenied, CreditReserved } from "../functions/credit/messages.ts";
import { OrderPlaced } from "../functions/orders/messages.ts";
import { type Config, stackProps } from "./config.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import type { FoundationStack } from "./foundation-stack.ts";
import type { Publication, Subscription, Wiring } from "./routes.ts";

export class CreditStack extends Stack implements Wiring {
  readonly publications: readonly Publication[];
  readonly subscriptions: readonly Subscription[];

  constructor(
    scope: Construct,
    id: string,
    { config, foundation }: { config: Config; foundation: FoundationStack },
  ) {
    super(scope, id, stackProps(config, id, "reserve credit for placed orders"));
    const { sizes } = config;
    const { evidence, outbox, signingKeys } = foundation;
    const table = new ServiceTable(this, "Table", sizes);
    const reserveCredit = new QueueConsumer(this, "ReserveCredit", {
      entry: "credit/reserve-credit.ts",
      accepts: [OrderPlaced.type],
      publishes: [CreditReserved.type, CreditDenied.type],
      tables: { state: { variable: "CREDIT_TABLE", table }, evidence, outbox },
      signingKeys,
      sizes,
    });

    this.publications = [reserveCredit.publication];
    this.subscriptions = [reserveCredit.subscription];
    new CfnOutput(this, "CreditTable", { value: table.tableName });
  }
}
