// INSIGHTS: figures from the other services' messages. Views are counted at most once; statements are built from the
// journal, and can be rebuilt from its beginning.
import { readPrincipals } from "@essentially-once/constructs/config";
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import type { Construct } from "constructs";
import { buildStatement, countOrderViews } from "../functions/insights/contracts.ts";

export class InsightsStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "count views and build statements" });
    this.addConsumer(countOrderViews, {
      senders: readPrincipals(this.node, "viewSenders"), // shop fronts, each view once
    });
    this.addProjection(buildStatement);
  }
}
