import type { Config } from "@essentially-once/constructs/config";
import type { Wiring } from "@essentially-once/constructs/routes";
import type { Foundation } from "@essentially-once/constructs/shared-foundation";
import { useOutboxRows } from "@essentially-once/constructs/use-messaging";
import { Stack } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { placeOrder } from "../src/shop/contracts.ts";
import { OwnFunction } from "./own-function.ts";

export class ShopStack extends Stack implements Wiring {
  readonly contracts = [placeOrder];
  readonly subscriptions = [];

  constructor(scope: Construct, id: string, props: { config: Config; foundation: Foundation }) {
    super(scope, id);
    const partitionKey = { name: "orderId", type: AttributeType.STRING };
    const table = new TableV2(this, "Orders", { partitionKey, billing: Billing.onDemand() });
    const place = new OwnFunction(this, "PlaceOrder", "src/shop/place-order.ts");
    place.addEnvironment("ORDERS_TABLE", table.tableName);
    table.grant(place, "dynamodb:PutItem");
    useOutboxRows(place, { contract: placeOrder, ...props });
  }
}
