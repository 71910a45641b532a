// A queue of this project: encrypted, refuses requests without TLS, and outlives its stack where data is kept.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { allowKey, customerKey } from "./customer-key.ts";

export interface ServiceQueueOptions
  extends Omit<
    QueueProps,
    "encryption" | "encryptionMasterKey" | "dataKeyReuse" | "enforceSSL" | "removalPolicy"
  > {
  /** The queue, and what it holds, outlive the stack. */
  readonly keepsData: boolean;
  /** A key of your own; unless given, SQS encrypts with one of its own, free of charge. */
  readonly encryptionKeyArn?: string | undefined;
}

export class ServiceQueue extends Queue {
  constructor(scope: Construct, id: string, { keepsData, encryptionKeyArn, ...queue }: ServiceQueueOptions) {
    const key = customerKey(scope, encryptionKeyArn);
    super(scope, id, {
      ...queue,
      enforceSSL: true, // refuses requests without TLS, whatever the caller's IAM policy says
      removalPolicy: keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      ...(key === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse }),
    });
  }

  /** With the key, which sending and receiving need. */
  override grant(user: IGrantable, ...actions: string[]): Grant {
    allowKey(user, { key: this.encryptionMasterKey, through: "sqs" });
    return super.grant(user, ...actions);
  }
}

/**
 * For how long SQS sends and receives without asking KMS: a twelfth of the requests that its own five minutes cost, and
 * for as long a key that was switched off still decrypts.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
const dataKeyReuse = Duration.hours(1);
