// Roles and policies, by name. Their statements are read once all resources that they refer to exist: provision/roles.ts.

import { z } from "zod";
import { LOCAL_ACCOUNT } from "../model/clients.ts";
import { physicalName, roleArn } from "../model/names.ts";
import { family } from "./family.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLE_NAME_CHARACTERS_MAX = 64;
const POLICY_NAME_CHARACTERS_MAX = 128;

export const Role = family({
  type: "AWS::IAM::Role",
  properties: z.strictObject({ RoleName: z.string().max(ROLE_NAME_CHARACTERS_MAX).optional() }),
  harmless: [
    "AssumeRolePolicyDocument",
    "ManagedPolicyArns",
    "Policies", // these three: permissions/roles.ts
    "Description",
    "MaxSessionDuration",
    "Path",
    "Tags",
  ],
  create: async ({ RoleName }, site) => {
    const name = RoleName ?? physicalName(site, { charactersMax: ROLE_NAME_CHARACTERS_MAX });
    return { ref: name, attributes: { Arn: roleArn(name) } };
  },
});

export const Policy = attached("AWS::IAM::Policy", ["PolicyName", "Roles", "Users", "Groups"]);
export const RolePolicy = attached("AWS::IAM::RolePolicy", ["PolicyName", "RoleName"]);
export const ManagedPolicy = attached("AWS::IAM::ManagedPolicy", [
  "Description",
  "ManagedPolicyName",
  "Path",
  "Roles",
  "Users",
  "Groups",
]);

/** It has an ARN to be referred to by, and nothing that is created. */
function attached(type: string, harmless: readonly string[]) {
  return family({
    type,
    properties: z.strictObject({}),
    harmless: ["PolicyDocument", ...harmless], // permissions/roles.ts
    create: async (_, site) => {
      const name = physicalName(site, { charactersMax: POLICY_NAME_CHARACTERS_MAX });
      const arn = `arn:aws:iam::${LOCAL_ACCOUNT}:policy/${name}`;
      return { ref: arn, attributes: { PolicyArn: arn, Id: name } };
    },
  });
}
