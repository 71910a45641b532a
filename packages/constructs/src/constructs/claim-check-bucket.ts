// The claim-check bucket: stores message data that is too large for SQS.
//
//   G1. An object is stored before the message that refers to it, and outlives that message.
//   G7. An object is named after its content, and functions check that: a role that may write cannot alter an object unnoticed.

import { parkedPrefix, travelPrefix } from "@essentially-once/messaging/internal/envelope/claim-place";
import {
  deadLetterRetentionDays,
  evidenceDays,
} from "@essentially-once/messaging/internal/envelope/message-life";
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { type ClaimAccess, claimAccess } from "./claim-access.ts";
import { customerKey } from "./customer-key.ts";

export interface ClaimCheckBucketOptions {
  /** The bucket and its objects outlive the stack. Otherwise the stack deletes the bucket, if it was emptied before. */
  readonly keepsData: boolean;
  /** A key of your own; unless given, S3 encrypts with one of its own. */
  readonly encryptionKeyArn?: string | undefined;
}

/** An operator's month for what the age gate has parked. */
const operatorDays = 30;

export class ClaimCheckBucket extends Bucket implements ClaimAccess {
  readonly #access: ClaimAccess;

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
      enforceSSL: true, // refuses requests without TLS, whatever the caller's IAM policy says
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
        "Access logs would need a second bucket and repeat the logs of the functions, which are its only users. " +
        "To record every read, turn on CloudTrail data events.",
    });
    this.#access = claimAccess({
      nameIn: () => this.bucketName,
      bucketArnIn: () => this.bucketArn,
      keyFor: () => key,
      arnTextIn: (user) => this.#arnIn(user),
    });
    new CfnOutput(this, "Name", { value: this.bucketName }).overrideLogicalId("ClaimCheckBucket");
  }

  allowPutting(user: LambdaFunction): void {
    this.#access.allowPutting(user);
  }

  allowReading(user: LambdaFunction): void {
    this.#access.allowReading(user);
  }

  allowKeeping(user: LambdaFunction): void {
    this.#access.allowKeeping(user);
  }

  allowParking(user: LambdaFunction, queue: { readonly queueName: string }): void {
    this.#access.allowParking(user, queue);
  }

  #arnIn(user: LambdaFunction): string {
    if (Stack.of(user) === this.stack)
      return `<${this.stack.getLogicalId(this.node.defaultChild as CfnBucket)}.Arn>`;
    const imported = this.stack.resolve(this.stack.exportValue(this.bucketArn));
    return imported["Fn::ImportValue"];
  }
}
