// A table that one service owns: keyed by `id`, paid by request, recoverable where data is kept.
import { RemovalPolicy } from "aws-cdk-lib";
import {
  type Attribute,
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  type StreamViewType,
  TableEncryptionV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { allowKey, customerKey } from "./customer-key.ts";

/** What a service does with a table that may be another app's. */
export interface TableAccess {
  readonly tableName: string;
  /** With the key, which every request to the table needs. */
  grant(user: LambdaFunction, ...actions: string[]): unknown;
  /** The same, but only for items whose id begins with the prefix: it gives no access to items of other owners. */
  grantOwn(user: LambdaFunction, prefix: string, ...actions: string[]): void;
}

export interface ServiceTableOptions {
  /** The table outlives its stack, refuses to be deleted, and can be restored to any second of the last 35 days. */
  readonly keepsData: boolean;
  /** DynamoDB removes an item some time after this attribute, in seconds since 1970, has passed. */
  readonly timeToLiveAttribute?: string;
  /** What orders the items of one `id`; without it an `id` has one item. */
  readonly sortKey?: Attribute;
  /** Other keys that its items are found by. */
  readonly indexes?: readonly GlobalSecondaryIndexPropsV2[];
  /** What the table's stream shows of a change; without it there is no stream. */
  readonly stream?: StreamViewType;
  /** A key of your own; unless given, DynamoDB encrypts with one of its own, free of charge. */
  readonly encryptionKeyArn?: string | undefined;
}

export class ServiceTable extends TableV2 implements TableAccess {
  /** What the stream shows; `tableStreamArn` is set even for a table without one. */
  readonly stream: StreamViewType | undefined;
  readonly #indexNames: readonly string[];

  constructor(scope: Construct, id: string, options: ServiceTableOptions) {
    const { keepsData, timeToLiveAttribute, sortKey, indexes = [], stream, encryptionKeyArn } = options;
    const key = customerKey(scope, encryptionKeyArn);
    super(scope, id, {
      partitionKey: { name: "id", type: AttributeType.STRING },
      billing: Billing.onDemand(), // a burst of messages must not meet a capacity that someone guessed
      encryption: key ? TableEncryptionV2.customerManagedKey(key) : TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: keepsData },
      deletionProtection: keepsData,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(sortKey === undefined ? {} : { sortKey }),
      ...(indexes.length > 0 && { globalSecondaryIndexes: [...indexes] }),
      ...(timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute }),
      ...(stream === undefined ? {} : { dynamoStream: stream }),
    });
    this.stream = stream;
    this.#indexNames = indexes.map(({ indexName }) => indexName);
  }

  override grant(user: IGrantable, ...actions: string[]): Grant {
    allowKey(user, { key: this.encryptionKey, through: "dynamodb" });
    // CDK's own would allow the same actions on all its indexes.
    return Grant.addToPrincipal({ grantee: user, actions, resourceArns: [this.tableArn] });
  }

  /** To read the items of one partition key, by the table's own and by those of its indexes. */
  grantQuery(user: IGrantable): void {
    this.grant(user, "dynamodb:Query");
    const resourceArns = this.#indexNames.map((name) => `${this.tableArn}/index/${name}`);
    if (resourceArns.length > 0)
      Grant.addToPrincipal({ grantee: user, actions: ["dynamodb:Query"], resourceArns });
  }

  grantOwn(user: IGrantable, prefix: string, ...actions: string[]): void {
    allowKey(user, { key: this.encryptionKey, through: "dynamodb" });
    user.grantPrincipal.addToPrincipalPolicy(ownItems(this.tableArn, prefix, actions));
  }

  /** CDK's own would allow the key without a service in between. */
  override grantStreamRead(user: IGrantable): Grant {
    allowKey(user, { key: this.encryptionKey, through: "dynamodb" });
    return this.grantStream(
      user,
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    );
  }
}

export function ownItems(tableArn: string, prefix: string, actions: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [tableArn],
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${prefix}*`] } },
  });
}
