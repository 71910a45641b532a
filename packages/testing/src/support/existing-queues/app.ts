// A service whose queues others fill: a legacy program, a topic, a bus and a bucket. The part between the marks stands in
// docs/existing-queues.md.

import { readConfig } from "@essentially-once/constructs/config";
import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { OperationsStack } from "@essentially-once/constructs/operations-stack";
import { bucketSource, busSource, topicSource } from "@essentially-once/constructs/queue-sources";
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import { WiringRules } from "@essentially-once/constructs/wiring-rules";
import { App, CfnOutput, Validations } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { auditOrder, billOrder, importFile, importOrder } from "./contracts.ts";

class ImportsStack extends ServiceStack {
  constructor(scope: App, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "process messages of other teams" });
    // <stack>
    const orders = new Topic(this, "Orders", { enforceSSL: true });
    const files = new Bucket(this, "Files", {
      bucketName: "shop-files",
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    });
    this.addConsumer(importOrder, { ...file("import-order") });
    this.addConsumer(auditOrder, { ...file("audit-order"), source: topicSource(orders) });
    this.addConsumer(billOrder, { ...file("bill-order"), source: busSource(["shop.orders"]) });
    this.addConsumer(importFile, { ...file("import-file"), source: bucketSource(files, { suffix: ".csv" }) });
    // </stack>
    new CfnOutput(this, "OrdersTopic", { value: orders.topicArn });
  }
}

const app = new App();
Validations.of(app).addPlugins(new WiringRules());
const config = readConfig(app.node);
const foundation = new FoundationStack(app, "Foundation", { config });
const imports = new ImportsStack(app, "Imports", { config, foundation });
new OperationsStack(app, "Operations", { config, watched: [foundation, imports] });

/** As seen from `functions/`. */
function file(name: string): { entry: string } {
  return { entry: `../packages/testing/src/support/existing-queues/${name}.ts` };
}
