// The whole deployment on one screen, in the order in which a message flows.
import { readConfig } from "@essentially-once/constructs/config";
import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { OperationsStack } from "@essentially-once/constructs/operations-stack";
import { RelayStack } from "@essentially-once/constructs/relay-stack";
import type { ServiceStack } from "@essentially-once/constructs/service-stack";
import { WiringRules } from "@essentially-once/constructs/wiring-rules";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { CreditStack } from "../lib/credit-stack.ts";
import { InsightsStack } from "../lib/insights-stack.ts";
import { OrdersStack } from "../lib/orders-stack.ts";
import { ShippingStack } from "../lib/shipping-stack.ts";

const app = new App();
const config = readConfig(app.node);
Validations.of(app).addPlugins(new WiringRules(), new AwsSolutionsChecks(app), new ServerlessChecks(app));

const foundation = new FoundationStack(app, "Foundation", { config });
const services: readonly ServiceStack[] = [
  new OrdersStack(app, "Orders", { config, foundation }),
  new CreditStack(app, "Credit", { config, foundation }),
  new ShippingStack(app, "Shipping", { config, foundation }),
  new InsightsStack(app, "Insights", { config, foundation }),
];
const relay = new RelayStack(app, "Relay", { config, foundation, services });
new OperationsStack(app, "Operations", { config, watched: [foundation, ...services, relay] });
