import { readConfig } from "@essentially-once/constructs/config";
import { WiringRules } from "@essentially-once/constructs/wiring-rules";
import { App, Validations } from "aws-cdk-lib";
import { BillingStack } from "../lib/billing-stack.ts";

const app = new App();
Validations.of(app).addPlugins(new WiringRules());
new BillingStack(app, "Billing", { config: readConfig(app.node) });
