// The foundation of another app, for a team that has an app of its own in the stage: Parameter Store has the names of its
// resources, under names that follow from the stage. CloudFormation looks them up at each deployment, so neither app waits for
// the other.
//
//   const foundation = new SharedFoundation(config);
//   new BillingStack(app, "Billing", { config, foundation });
//
// The app with the foundation has the relay, too; this one has services, and alarms under a stack name of its own.
import { Aws } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import type { Config, Sizes } from "../config/config.ts";
import { type ClaimAccess, claimAccess } from "../constructs/claim-access.ts";
import { allowKey, customerKey, type EncryptingService } from "../constructs/customer-key.ts";
import type { FormerEvidence } from "../constructs/evidence-move.ts";
import {
  ownScheduleActions,
  type ScheduleAccess,
  type ScheduleStore,
  tellSchedules,
} from "../constructs/schedule-store.ts";
import { ownItems, type TableAccess } from "../constructs/service-table.ts";
import type { KeyAccess } from "../constructs/signing-keys.ts";

/** What services stand on, in whichever app it is. */
export interface Foundation {
  readonly formerEvidence?: FormerEvidence | undefined;
  readonly outbox: TableAccess;
  readonly journal: TableAccess;
  readonly claims: ClaimAccess;
  readonly signingKeys: KeyAccess;
  readonly schedules: ScheduleAccess;
}

export type FoundationPart = "outbox-table" | "journal-table" | "claims-bucket" | "signing-secret";
type SchedulesPart = "schedules-table" | "wake-up-queue";

/** Written by the stack that has the foundation. */
export function publishFoundation(
  scope: Construct,
  sizes: Pick<Sizes, "rolePath">,
  parts: Readonly<Record<FoundationPart, string>>,
): void {
  for (const [part, stringValue] of Object.entries(parts))
    publishPart(scope, sizes, part as FoundationPart, stringValue);
}

/** The same for the parts that exist only where a function schedules. */
export function publishSchedules(
  scope: Construct,
  sizes: Pick<Sizes, "rolePath">,
  { table, wakeUps }: ScheduleStore,
): void {
  publishPart(scope, sizes, "schedules-table", table.tableName);
  publishPart(scope, sizes, "wake-up-queue", wakeUps.queueName);
}

function publishPart(
  scope: Construct,
  sizes: Pick<Sizes, "rolePath">,
  part: FoundationPart | SchedulesPart,
  stringValue: string,
): void {
  new StringParameter(scope, `Shared-${part}`, {
    parameterName: nameOf(sizes, part),
    description: "For other apps of this stage",
    stringValue,
  });
}

export class SharedFoundation implements Foundation {
  readonly outbox: TableAccess;
  readonly journal: TableAccess;
  readonly claims: ClaimAccess;
  readonly signingKeys: KeyAccess;
  /** The foundation of the other app must have been given `schedules: true`, unless one of its own services schedules. */
  readonly schedules: ScheduleAccess;

  constructor({ sizes }: Config) {
    this.outbox = tableOf(sizes, "outbox-table");
    this.journal = tableOf(sizes, "journal-table");
    this.claims = claimsOf(sizes);
    this.signingKeys = keysOf(sizes);
    this.schedules = schedulesOf(sizes);
  }
}

function schedulesOf(sizes: Sizes): ScheduleAccess {
  const queueName = lookedUp(sizes, "wake-up-queue");
  const queueArn = `arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:${queueName}`;
  return {
    use(user, contract) {
      const table = tableOf(sizes, "schedules-table");
      const wakeUpQueueUrl = `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${queueName}`;
      tellSchedules(user, { table: table.tableName, wakeUpQueueUrl });
      table.grantOwn(user, `${contract}#`, ...ownScheduleActions);
      allowOwnKey(user, sizes, "sqs");
      user.addToRolePolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queueArn] }));
    },
  };
}

function tableOf(sizes: Sizes, part: FoundationPart | SchedulesPart): TableAccess {
  const tableName = lookedUp(sizes, part);
  const tableArn = `arn:${Aws.PARTITION}:dynamodb:${Aws.REGION}:${Aws.ACCOUNT_ID}:table/${tableName}`;
  const withKey = (user: LambdaFunction) => allowOwnKey(user, sizes, "dynamodb");
  return {
    tableName,
    grant(user, ...actions) {
      withKey(user);
      user.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [tableArn] }));
    },
    grantOwn(user, prefix, ...actions) {
      withKey(user);
      user.grantPrincipal.addToPrincipalPolicy(ownItems(tableArn, prefix, actions));
    },
  };
}

/** By a parameter of the template, because cdk-nag takes no finding with braces for acknowledged. */
function claimsOf(sizes: Sizes): ClaimAccess {
  const name = nameOf(sizes, "claims-bucket");
  const nameIn = (user: LambdaFunction) => StringParameter.valueForStringParameter(user, name);
  return claimAccess({
    nameIn,
    bucketArnIn: (user) => `arn:${Aws.PARTITION}:s3:::${nameIn(user)}`,
    keyFor: (user) => customerKey(user, sizes.encryptionKeyArn),
    arnTextIn: (user) => `arn:<AWS::Partition>:s3:::<${user.stack.resolve(nameIn(user)).Ref}>`,
  });
}

function keysOf(sizes: Sizes): KeyAccess {
  const secretArn = lookedUp(sizes, "signing-secret");
  return {
    use(user) {
      user.addEnvironment("SIGNING_SECRET_ARN", secretArn);
      allowOwnKey(user, sizes, "secretsmanager");
      user.addToRolePolicy(
        new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [secretArn] }),
      );
    },
  };
}

function allowOwnKey(user: LambdaFunction, { encryptionKeyArn }: Sizes, through: EncryptingService): void {
  allowKey(user, { key: customerKey(user, encryptionKeyArn), through });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html */
function lookedUp(sizes: Pick<Sizes, "rolePath">, part: FoundationPart | SchedulesPart): string {
  return `{{resolve:ssm:${nameOf(sizes, part)}}}`;
}

function nameOf({ rolePath }: Pick<Sizes, "rolePath">, part: FoundationPart | SchedulesPart): string {
  return `${rolePath}foundation/${part}`;
}
