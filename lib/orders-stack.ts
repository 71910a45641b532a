// ORDERS: place-order takes an order and publishes it; settle-order follows what credit and shipping make of it.
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { CreditDenied, CreditReserved } from "../functions/credit/messages.ts";
import { OrderApproved, OrderPlaced } from "../functions/orders/messages.ts";
import { OrderShipped } from "../functions/shipping/messages.ts";
import { type Config, stackProps } from "./config.ts";
import { NodeFunction } from "./constructs/node-function.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import { useUnitOfWorkTables } from "./constructs/unit-of-work-tables.ts";
import type { FoundationStack } from "./foundation-stack.ts";
import type { Publication, Subscription, Wiring } from "./routes.ts";

export class OrdersStack extends Stack implements Wiring {
  readonly publications: readonly Publication[];
  readonly subscriptions: readonly Subscription[];
  readonly inlineTables: readonly ServiceTable[];

  constructor(
    scope: Construct,
    id: string,
    { config, foundation }: { config: Config; foundation: FoundationStack },
  ) {
    super(scope, id, stackProps(config, id, "place and settle orders"));
    const { sizes } = config;
    const table = new ServiceTable(this, "Table", {
      ...sizes,
      stream: StreamViewType.NEW_AND_OLD_IMAGES, // settle-order keeps its messages in the order
    });
    const { evidence, outbox, signingKeys } = foundation;
    const tables = { state: { variable: "ORDERS_TABLE", table }, evidence, outbox };

    const placeOrder = new NodeFunction(this, "PlaceOrder", { ...sizes, entry: "orders/place-order.ts" });
    useUnitOfWorkTables(placeOrder, tables);
    const url = placeOrder.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });

    const settleOrder = new QueueConsumer(this, "SettleOrder", {
      entry: "orders/settle-order.ts",
      accepts: [CreditReserved.type, CreditDenied.type, OrderShipped.type],
      fifo: true, // an order is approved before it is shipped
      publishes: [OrderApproved.type],
      tables,
      signingKeys,
      sizes,
    });
    foundation.claims.allowPutting(settleOrder.function); // an approved order carries its lines

    this.publications = [
      { producer: placeOrder.node.path, types: [OrderPlaced.type] },
      settleOrder.publication,
    ];
    this.subscriptions = [settleOrder.subscription];
    this.inlineTables = [table];
    new CfnOutput(this, "OrdersTable", { value: table.tableName });
    new CfnOutput(this, "PlaceOrderUrl", { value: url.url });
  }
}
