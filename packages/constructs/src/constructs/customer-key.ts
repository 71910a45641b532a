// A KMS key of your own, if the deployment has one. A function may use it only through the services that store its data:
// a copy of the data cannot be decrypted with the function's role alone.
import { Aws, Stack } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";

/** Services that encrypt with it on behalf of their caller. */
export type EncryptingService = "dynamodb" | "s3" | "secretsmanager" | "sqs";

/** The key, as the stack of `scope` refers to it; undefined when the deployment has none. */
export function customerKey(scope: Construct, keyArn: string | undefined): IKey | undefined {
  if (keyArn === undefined) return undefined;
  const { node } = Stack.of(scope);
  const known = node.tryFindChild(id) as IKey | undefined;
  return known ?? Key.fromKeyArn(Stack.of(scope), id, keyArn);
}

/** Grants nothing where there is no key. The key's own policy must let the account's policies decide. */
export function allowKey(
  user: IGrantable,
  { key, through }: { readonly key: IKey | undefined; readonly through: EncryptingService },
): void {
  if (key === undefined) return;
  user.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["kms:Decrypt", "kms:GenerateDataKey"],
      resources: [key.keyArn],
      // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
      conditions: { StringEquals: { "kms:ViaService": `${through}.${Aws.REGION}.amazonaws.com` } },
    }),
  );
}

const id = "CustomerKey";
