// AWS::SecretsManager::Secret, with a text that is generated as CloudFormation would, and its RotationSchedule.

import { CreateSecretCommand, DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { GenerateSecretString, generatedSecret } from "../engines/secrets/generate.ts";
import { physicalName } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";
import { functionOf } from "./lambda-function.ts";

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const NAME_CHARACTERS_MAX = 512;

const properties = z.strictObject({
  Name: z.string().max(NAME_CHARACTERS_MAX).optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: GenerateSecretString.optional(),
});

export const Secret = family({
  type: "AWS::SecretsManager::Secret",
  properties,
  harmless: ["Description", "KmsKeyId", "ReplicaRegions", "Tags"],
  create,
});

/** A secret that is there already keeps its text, as it would in a second deployment. */
async function create(
  { Name, SecretString, GenerateSecretString: rules }: z.output<typeof properties>,
  site: Site,
): Promise<Created> {
  const { secretsManager } = site.clients;
  const name = Name ?? physicalName(site, { charactersMax: NAME_CHARACTERS_MAX });
  const text = SecretString ?? (rules ? generatedSecret(rules) : undefined);
  if (text === undefined) throw new NotUnderstood("SecretString or GenerateSecretString must be given");
  const { ARN = "" } = await secretsManager
    .send(new CreateSecretCommand({ Name: name, SecretString: text }))
    .catch(async (error: Error) => {
      if (error.name !== "ResourceExistsException") throw error;
      return secretsManager.send(new DescribeSecretCommand({ SecretId: name }));
    });
  site.deployed.secretArnsByName.set(name, ARN);
  return { ref: ARN, attributes: { Id: ARN } };
}

export const RotationSchedule = family({
  type: "AWS::SecretsManager::RotationSchedule",
  properties: z.strictObject({
    SecretId: z.string(),
    RotationLambdaARN: z.string(),
    RotateImmediatelyOnUpdate: z.boolean().default(true),
  }),
  harmless: ["RotationRules"], // no local cloud is up for days; `RotateSecret` rotates at any time
  create: async ({ SecretId, RotationLambdaARN, RotateImmediatelyOnUpdate }, site) => {
    const { arn: functionArn } = functionOf("RotationLambdaARN", RotationLambdaARN, site);
    site.deployed.requiredPermissions.push({
      path: site.path,
      what: "Secrets Manager invokes the rotation function",
      service: "secretsmanager.amazonaws.com",
      source: SecretId,
      accesses: [{ action: "lambda:InvokeFunction", resource: functionArn }],
    });
    site.deployed.rotations.push({
      path: site.path,
      secretArn: SecretId,
      functionArn,
      atOnce: RotateImmediatelyOnUpdate,
    });
    return { ref: SecretId, attributes: {} };
  },
});
