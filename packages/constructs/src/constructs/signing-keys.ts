// The keys that messages are signed with: a secret that CloudFormation generates, and the function that adds a key
// to it every month.
//
//   G7. A role that may read the secret can sign any message of the system. Only the publisher, the sweeper and the
//   consumers may.

import { rotationDaysMin } from "@essentially-once/messaging/internal/trust/key-rotation";
import { CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnPermission, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { CfnRotationSchedule, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { requireDuration } from "../config/bounds.ts";
import type { Sizes } from "../config/config.ts";
import { allowKey, customerKey } from "./customer-key.ts";
import { NodeFunction, withoutAsyncRetries } from "./node-function.ts";

export interface SigningKeysOptions {
  readonly sizes: Sizes;
  /** How often a new key is added. Older keys verify for as long as a message that they signed may come. */
  readonly rotateEvery?: Duration;
}

/** What a service does with keys that may be another app's. */
export interface KeyAccess {
  /** Lets a function sign and verify: it may read the keys, in the secret that its environment names. */
  use(user: LambdaFunction): void;
}

export class SigningKeys extends Construct implements KeyAccess {
  readonly secret: Secret;
  readonly rotation: NodeFunction;

  constructor(scope: Construct, id: string, options: SigningKeysOptions) {
    super(scope, id);
    const { sizes, rotateEvery } = resolve(options);
    const encryptionKey = customerKey(this, sizes.encryptionKeyArn);
    this.secret = new Secret(this, "Secret", {
      ...(encryptionKey && { encryptionKey }),
      description: "Keys that sign messages",
      generateSecretString: firstKey,
      removalPolicy: sizes.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.rotation = new NodeFunction(this, "Rotate", {
      ...sizes,
      entry: "relay/rotate-keys.ts",
      functionTimeout,
    });
    this.rotation.configureAsyncInvoke(withoutAsyncRetries); // Secrets Manager tries the rotation again by itself
    this.rotation.addEnvironment("SIGNING_SECRET_ARN", this.secret.secretArn);
    this.#allow(
      this.rotation,
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    );
    this.#rotate(rotateEvery);
    new CfnOutput(this, "Arn", { value: this.secret.secretArn }).overrideLogicalId("SigningSecretArn");
  }

  use(user: LambdaFunction): void {
    user.addEnvironment("SIGNING_SECRET_ARN", this.secret.secretArn);
    this.#allow(user, "secretsmanager:GetSecretValue");
  }

  #allow(user: LambdaFunction, ...actions: readonly string[]): void {
    allowKey(user, { key: this.secret.encryptionKey, through: "secretsmanager" });
    user.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [this.secret.secretArn] }));
  }

  /** CDK's own `addRotationSchedule` would allow the function `secretsmanager:GetRandomPassword` on everything. */
  #rotate(every: Duration): void {
    const permission = new CfnPermission(this, "RotatePermission", {
      functionName: this.rotation.functionArn,
      action: "lambda:InvokeFunction",
      principal: new ServicePrincipal("secretsmanager.amazonaws.com").service,
      sourceAccount: Stack.of(this).account, // not for a secret of another account
    });
    const schedule = new CfnRotationSchedule(this, "Schedule", {
      secretId: this.secret.secretArn,
      rotationLambdaArn: this.rotation.functionArn,
      rotationRules: { automaticallyAfterDays: every.toDays() }, // the first time at once, when it is deployed
    });
    schedule.node.addDependency(permission, this.rotation);
  }
}

/**
 * `{ "current": "k1", "k1": "<64 letters and digits>" }`: 381 random bits, more than the 256 of the hash.
 */
const firstKey = {
  secretStringTemplate: JSON.stringify({ current: "k1" }),
  generateStringKey: "k1",
  passwordLength: 64,
  excludePunctuation: true,
};

// Four steps, each a few requests.
const functionTimeout = Duration.seconds(30);

function resolve(options: SigningKeysOptions): Required<SigningKeysOptions> {
  const { rotateEvery = Duration.days(30) } = options;
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
  requireDuration("rotateEvery", rotateEvery, {
    min: Duration.days(rotationDaysMin),
    max: Duration.days(1_000),
  });
  return { ...options, rotateEvery };
}
