import { readConfig } from "@essentially-once/constructs/config";
import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { OperationsStack } from "@essentially-once/constructs/operations-stack";
import { RelayStack } from "@essentially-once/constructs/relay-stack";
import { WiringRules } from "@essentially-once/constructs/wiring-rules";
import { App, Validations } from "aws-cdk-lib";
import { BillingStack } from "../lib/billing-stack.ts";
import { ReportsStack } from "../lib/reports-stack.ts";
import { ShopStack } from "../lib/shop-stack.ts";

const app = new App();
const config = readConfig(app.node);
Validations.of(app).addPlugins(new WiringRules());
const foundation = new FoundationStack(app, "Foundation", { config });
const billing = new BillingStack(app, "Billing", { config, foundation });
const shop = new ShopStack(app, "Shop", { config, foundation });
new ReportsStack(app, "Reports");
const relay = new RelayStack(app, "Relay", { config, foundation, services: [shop, billing] });
new OperationsStack(app, "Operations", { config, watched: [foundation, relay] });
