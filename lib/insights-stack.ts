// INSIGHTS: what can be learned from the others. Views are counted at most once; statements are pulled from the
// journal, and can be built again from its beginning.
import type { Construct } from "constructs";
import { buildStatement, countOrderViews } from "../functions/insights/contracts.ts";
import { readPrincipals } from "./config.ts";
import { type ServiceOptions, ServiceStack } from "./service-stack.ts";

export class InsightsStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "count views and build statements" });
    this.addConsumer(countOrderViews, {
      senders: readPrincipals(this.node, "viewSenders"), // shop fronts, each view once
    });
    this.addProjection(buildStatement);
  }
}
