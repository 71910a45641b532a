// A table that one service owns: keyed by `id`, paid by request, recoverable where data is kept.
import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  type StreamViewType,
  TableEncryptionV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";

export interface ServiceTableOptions {
  /** The table outlives its stack, refuses to be deleted, and can be restored to any second of the last 35 days. */
  readonly keepsData: boolean;
  /** DynamoDB removes an item some time after this attribute, in seconds since 1970, has passed. */
  readonly timeToLiveAttribute?: string;
  /** A number that orders the items of one `id`; without it an `id` has one item. */
  readonly sortKey?: string;
  /** What the table's stream shows of a change; without it there is no stream. */
  readonly stream?: StreamViewType;
  /** A customer's own key, for instance; unless given, DynamoDB encrypts with a key of its own, free of charge. */
  readonly encryption?: TableEncryptionV2;
}

export class ServiceTable extends TableV2 {
  /** What the stream shows; `tableStreamArn` is set even for a table without one. */
  readonly stream: StreamViewType | undefined;

  constructor(scope: Construct, id: string, options: ServiceTableOptions) {
    const { keepsData, timeToLiveAttribute, sortKey, stream, encryption } = options;
    super(scope, id, {
      partitionKey: { name: "id", type: AttributeType.STRING },
      billing: Billing.onDemand(), // a burst of messages must not meet a capacity that someone guessed
      encryption: encryption ?? TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: keepsData },
      deletionProtection: keepsData,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(sortKey === undefined ? {} : { sortKey: { name: sortKey, type: AttributeType.NUMBER } }),
      ...(timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute }),
      ...(stream === undefined ? {} : { dynamoStream: stream }),
    });
    this.stream = stream;
  }
}
