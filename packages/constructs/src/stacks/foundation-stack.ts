// The resources that all services share: the outbox of messages not yet sent, the journal of all sent messages, and the keys
// that sign them.
import { CfnOutput, Stack } from "aws-cdk-lib";
import { AttributeType, StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type Config, stackProps } from "../config/config.ts";
import { ClaimCheckBucket } from "../constructs/claim-check-bucket.ts";
import { FormerEvidence } from "../constructs/evidence-move.ts";
import { ServiceTable } from "../constructs/service-table.ts";
import { SigningKeys } from "../constructs/signing-keys.ts";
import { type Foundation, publishFoundation } from "./shared-foundation.ts";

export class FoundationStack extends Stack implements Foundation {
  /** Of older releases, while it is moved: the evidence of all services. */
  readonly formerEvidence: FormerEvidence | undefined;
  readonly outbox: ServiceTable;
  /** The outbox of older releases: read until it is empty, so that functions of both may run side by side. */
  readonly formerOutbox: ServiceTable;
  readonly journal: ServiceTable;
  readonly claims: ClaimCheckBucket;
  readonly signingKeys: SigningKeys;

  constructor(scope: Construct, id: string, { config }: { config: Config }) {
    super(scope, id, stackProps(config, id, "the outbox and journal tables, and the signing keys"));
    const { keepsData, encryptionKeyArn } = config.sizes;
    const kept = { keepsData, encryptionKeyArn };
    this.formerEvidence = config.moveEvidence === undefined ? undefined : new FormerEvidence(this, config);
    this.outbox = new ServiceTable(this, "OrderedOutbox", {
      ...kept,
      sortKey: { name: "place", type: AttributeType.STRING }, // an id is one producer and key, in the order of commits
      stream: StreamViewType.NEW_IMAGE, // the publisher sends what was inserted; never a TTL on unsent messages
    });
    this.formerOutbox = new ServiceTable(this, "Outbox", { ...kept, stream: StreamViewType.NEW_IMAGE });
    this.journal = new ServiceTable(this, "Journal", {
      ...kept,
      sortKey: { name: "sequence", type: AttributeType.NUMBER }, // a partition of the journal is one id; its entries are 1, 2, 3 ...
    });
    this.claims = new ClaimCheckBucket(this, "Claims", kept);
    this.signingKeys = new SigningKeys(this, "SigningKeys", { sizes: config.sizes });
    publishFoundation(this, config.sizes, {
      "outbox-table": this.outbox.tableName,
      "journal-table": this.journal.tableName,
      "claims-bucket": this.claims.bucketName,
      "signing-secret": this.signingKeys.secret.secretArn,
    });
    new CfnOutput(this, "OrderedOutboxTable", { value: this.outbox.tableName });
    new CfnOutput(this, "OutboxTable", { value: this.formerOutbox.tableName });
    new CfnOutput(this, "JournalTable", { value: this.journal.tableName });
  }
}
