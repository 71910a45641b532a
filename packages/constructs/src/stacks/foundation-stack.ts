// The resources that all services share: the outbox of messages not yet sent, the journal of all sent messages, and the keys
// that sign them.
import { CfnOutput, Stack } from "aws-cdk-lib";
import { AttributeType, StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type Config, stackProps } from "../config/config.ts";
import { ClaimCheckBucket } from "../constructs/claim-check-bucket.ts";
import { FormerEvidence } from "../constructs/evidence-move.ts";
import { ScheduleStore } from "../constructs/schedule-store.ts";
import { ServiceTable } from "../constructs/service-table.ts";
import { SigningKeys } from "../constructs/signing-keys.ts";
import { type Foundation, publishFoundation, publishSchedules } from "./shared-foundation.ts";

export interface FoundationStackOptions {
  readonly config: Config;
  /** For services of other apps that schedule messages; where one of this app does, it needs no saying. */
  readonly schedules?: boolean;
}

export class FoundationStack extends Stack implements Foundation {
  /** Of older releases, while it is moved: the evidence of all services. */
  readonly formerEvidence: FormerEvidence | undefined;
  readonly outbox: ServiceTable;
  /** The outbox of older releases: read until it is empty, so that functions of both may run side by side. */
  readonly formerOutbox: ServiceTable;
  readonly journal: ServiceTable;
  readonly claims: ClaimCheckBucket;
  readonly signingKeys: SigningKeys;
  readonly #config: Config;
  #schedules: ScheduleStore | undefined;

  constructor(scope: Construct, id: string, { config, schedules = false }: FoundationStackOptions) {
    super(scope, id, stackProps(config, id, "the outbox and journal tables, and the signing keys"));
    const { keepsData, encryptionKeyArn } = config.sizes;
    this.#config = config;
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
    if (schedules) this.schedules;
  }

  /** Made for the first who schedules: an app in which nobody does has neither table nor dispatcher. */
  get schedules(): ScheduleStore {
    this.#schedules ??= this.#openSchedules();
    return this.#schedules;
  }

  /** Undefined when nobody schedules. */
  get schedulesInUse(): ScheduleStore | undefined {
    return this.#schedules;
  }

  #openSchedules(): ScheduleStore {
    const { sizes } = this.#config;
    const store = new ScheduleStore(this, "Schedules", sizes);
    publishSchedules(this, sizes, store);
    return store;
  }
}
