// Grants on the claim-check bucket, for functions of this app or of another. A function may put objects, read them, or keep
// them for the journal. No function may delete one.

import {
  keptPrefix,
  parkedPrefix,
  travelPrefix,
} from "@essentially-once/messaging/internal/envelope/claim-place";
import { Token, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { allowKey } from "./customer-key.ts";

export interface ClaimAccess {
  /** For a handler with `claimCheck()` that publishes. */
  allowPutting(user: LambdaFunction): void;
  /** For a handler with `claimCheck()` that accepts messages. */
  allowReading(user: LambdaFunction): void;
  /** For the relay: its journal refers to objects for longer than their lifecycle rule keeps them. */
  allowKeeping(user: LambdaFunction): void;
  /** For a consumer of this queue: it parks a message as a stub when no reason code fits beside the body. */
  allowParking(user: LambdaFunction, queue: { readonly queueName: string }): void;
}

/** A bucket, as the stack of a function refers to it. */
export interface ClaimPlace {
  nameIn(user: LambdaFunction): string;
  bucketArnIn(user: LambdaFunction): string;
  keyFor(user: LambdaFunction): IKey | undefined;
  /** The ARN as cdk-nag writes it there: it acknowledges one finding at a time, by its text. */
  arnTextIn(user: LambdaFunction): string;
}

export function claimAccess(place: ClaimPlace): ClaimAccess {
  const { nameIn, bucketArnIn, keyFor, arnTextIn } = place;
  return {
    allowPutting(user) {
      allow(user, ["s3:PutObject"], travelPrefix);
    },
    allowReading(user) {
      allow(user, ["s3:GetObject"], travelPrefix, keptPrefix);
      allowKnowingWhatIsMissing(user);
    },
    allowKeeping(user) {
      allow(user, ["s3:GetObject"], travelPrefix);
      allow(user, ["s3:PutObject"], keptPrefix);
      allowKnowingWhatIsMissing(user);
    },
    allowParking(user, { queueName }) {
      user.addEnvironment("PARKED_BUCKET", nameIn(user));
      grant(user, ["s3:PutObject"], `${parkedPrefix}${queueName}/`);
    },
  };

  function allow(user: LambdaFunction, actions: string[], ...prefixes: readonly string[]): void {
    user.addEnvironment("CLAIM_CHECK_BUCKET", nameIn(user));
    grant(user, actions, ...prefixes);
  }

  function grant(user: LambdaFunction, actions: string[], ...prefixes: readonly string[]): void {
    allowKey(user, { key: keyFor(user), through: "s3" });
    for (const prefix of prefixes) {
      user.addToRolePolicy(new PolicyStatement({ actions, resources: [`${bucketArnIn(user)}/${prefix}*`] }));
      if (user.role === undefined || Token.isUnresolved(prefix)) continue; // cdk-nag goes by a text
      Validations.of(user.role).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arnTextIn(user)}/${prefix}*]`,
        reason: "The objects are named after the hash of their content, so only the prefix can be granted.",
      });
    }
  }

  /**
   * Without it S3 says 403 for an object that is not there, and a message that can never be read is tried again.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  function allowKnowingWhatIsMissing(user: LambdaFunction): void {
    user.addToRolePolicy(new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucketArnIn(user)] }));
  }
}
