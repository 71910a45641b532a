// SHIPPING: ship-order hands an approved order to the carrier.
import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { OrderApproved } from "../functions/orders/messages.ts";
import { OrderShipped } from "../functions/shipping/messages.ts";
import { type Config, stackProps } from "./config.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import type { FoundationStack } from "./foundation-stack.ts";
import type { Publication, Subscription, Wiring } from "./routes.ts";

export class ShippingStack extends Stack implements Wiring {
  readonly publications: readonly Publication[];
  readonly subscriptions: readonly Subscription[];

  constructor(
    scope: Construct,
    id: string,
    { config, foundation }: { config: Config; foundation: FoundationStack },
  ) {
    super(scope, id, stackProps(config, id, "ship approved orders"));
    const { sizes, carrierUrl } = config;
    const { evidence, outbox, signingKeys } = foundation;
    const table = new ServiceTable(this, "Table", sizes);
    const shipOrder = new QueueConsumer(this, "ShipOrder", {
      entry: "shipping/ship-order.ts",
      accepts: [OrderApproved.type],
      publishes: [OrderShipped.type],
      tables: { state: { variable: "SHIPPING_TABLE", table }, evidence, outbox },
      signingKeys,
      environment: { CARRIER_URL: carrierUrl },
      sizes,
    });
    foundation.claims.allowReading(shipOrder.function);

    this.publications = [shipOrder.publication];
    this.subscriptions = [shipOrder.subscription];
    new CfnOutput(this, "ShippingTable", { value: table.tableName });
  }
}
