// Where data of messages waits that is too large to travel. A function may put claims, or read them, or keep them
// for the journal; none may delete one.
//
//   G1. An object is there before the message that refers to it, and longer than that message can be.
//   G7. Functions hold what they read against its name, so a grant to write is no grant to alter.

import {
  keptPrefix,
  parkedPrefix,
  travelPrefix,
} from "@essentially-once/messaging/internal/envelope/claim-place";
import {
  deadLetterRetentionDays,
  evidenceDays,
} from "@essentially-once/messaging/internal/envelope/message-life";
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { allowKey, customerKey } from "./customer-key.ts";
import type { NodeFunction } from "./node-function.ts";

export interface ClaimCheckBucketOptions {
  /** The bucket and what is in it outlive the stack. Otherwise the stack deletes it, if somebody emptied it before. */
  readonly keepsData: boolean;
  /** A key of your own; unless given, S3 encrypts with one of its own. */
  readonly encryptionKeyArn?: string | undefined;
}

/** An operator's month for what the age gate has parked. */
const operatorDays = 30;

export class ClaimCheckBucket extends Bucket {
  constructor(scope: Construct, id: string, { keepsData, encryptionKeyArn }: ClaimCheckBucketOptions) {
    const key = customerKey(scope, encryptionKeyArn);
    super(scope, id, {
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : {
            encryption: BucketEncryption.KMS,
            encryptionKey: key,
            bucketKeyEnabled: true, // S3 asks KMS once in a while, and not with each object
          }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true, // refuses whoever comes without TLS, whatever their IAM policy says
      removalPolicy: keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      lifecycleRules: [
        {
          id: "ClaimsExpire", // those of messages long done, and those of commits that failed
          prefix: travelPrefix,
          expiration: Duration.days(evidenceDays + operatorDays),
        },
        {
          id: "ParkedExpire", // those whose dead letter SQS has long forgotten
          prefix: parkedPrefix,
          expiration: Duration.days(deadLetterRetentionDays + operatorDays),
        },
        { id: "UploadsExpire", abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    Validations.of(this).acknowledge({
      id: "AwsSolutions::AwsSolutions-S1",
      reason:
        "Access logs would need a second bucket and tell what the functions' own logs tell: they are its only users. " +
        "Whoever must know of every read turns on CloudTrail data events.",
    });
    new CfnOutput(this, "Name", { value: this.bucketName }).overrideLogicalId("ClaimCheckBucket");
  }

  /** For a handler with `claimCheck()` that publishes. */
  allowPutting(user: NodeFunction): void {
    this.#allow(user, ["s3:PutObject"], travelPrefix);
  }

  /** For a handler with `claimCheck()` that accepts what others publish. */
  allowReading(user: NodeFunction): void {
    this.#allow(user, ["s3:GetObject"], travelPrefix, keptPrefix);
    this.#allowKnowingWhatIsMissing(user);
  }

  /** For the relay, whose journal refers to claims for longer than they last. */
  allowKeeping(user: NodeFunction): void {
    this.#allow(user, ["s3:GetObject"], travelPrefix);
    this.#allow(user, ["s3:PutObject"], keptPrefix);
    this.#allowKnowingWhatIsMissing(user);
  }

  /** For a consumer of this queue: a message so long that no reason fits beside it is parked as a stub. */
  allowParking(user: NodeFunction, { queueName }: { readonly queueName: string }): void {
    user.addEnvironment("PARKED_BUCKET", this.bucketName);
    this.#grant(user, ["s3:PutObject"], `${parkedPrefix}${queueName}/`);
  }

  #allow(user: NodeFunction, actions: string[], ...prefixes: readonly string[]): void {
    user.addEnvironment("CLAIM_CHECK_BUCKET", this.bucketName);
    this.#grant(user, actions, ...prefixes);
  }

  #grant(user: NodeFunction, actions: string[], ...prefixes: readonly string[]): void {
    allowKey(user, { key: this.encryptionKey, through: "s3" });
    for (const prefix of prefixes) {
      user.addToRolePolicy(new PolicyStatement({ actions, resources: [this.arnForObjects(`${prefix}*`)] }));
      if (user.role === undefined) continue;
      Validations.of(user.role).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${this.#arnIn(user)}/${prefix}*]`,
        reason:
          "The objects are named after their content, which nobody knows in advance; the prefix is the bound.",
      });
    }
  }

  /** The ARN as cdk-nag writes it: it acknowledges one finding at a time, by its text. */
  #arnIn(user: NodeFunction): string {
    if (Stack.of(user) === this.stack)
      return `<${this.stack.getLogicalId(this.node.defaultChild as CfnBucket)}.Arn>`;
    const imported = this.stack.resolve(this.stack.exportValue(this.bucketArn));
    return imported["Fn::ImportValue"];
  }

  /**
   * Without it S3 says 403 for an object that is not there, and a message that can never be read is tried again.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  #allowKnowingWhatIsMissing(user: NodeFunction): void {
    user.addToRolePolicy(new PolicyStatement({ actions: ["s3:ListBucket"], resources: [this.bucketArn] }));
  }
}
