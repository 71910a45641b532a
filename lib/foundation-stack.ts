// What every service stands on: the evidence of processed messages, and the outbox of messages not yet sent.
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type Config, stackProps } from "./config.ts";
import { ServiceTable } from "./constructs/service-table.ts";

export class FoundationStack extends Stack {
  readonly evidence: ServiceTable;
  readonly outbox: ServiceTable;

  constructor(scope: Construct, id: string, { config }: { config: Config }) {
    super(scope, id, stackProps(config, id, "the evidence and outbox tables"));
    const { keepsData } = config.sizes;
    this.evidence = new ServiceTable(this, "Evidence", {
      keepsData,
      timeToLiveAttribute: "expiresAt", // evidence is kept longer than any message can be redelivered
    });
    this.outbox = new ServiceTable(this, "Outbox", {
      keepsData,
      stream: StreamViewType.NEW_IMAGE, // the publisher sends what was inserted; never a TTL on unsent messages
    });
    new CfnOutput(this, "EvidenceTable", { value: this.evidence.tableName });
    new CfnOutput(this, "OutboxTable", { value: this.outbox.tableName });
  }
}
