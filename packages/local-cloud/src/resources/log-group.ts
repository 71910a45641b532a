// AWS::Logs::LogGroup. Functions log to the display; the group is only a name, which policies refer to.

import { z } from "zod";
import { logGroupArn, physicalName } from "../model/names.ts";
import { family } from "./family.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const NAME_CHARACTERS_MAX = 512;

export const LogGroup = family({
  type: "AWS::Logs::LogGroup",
  properties: z.strictObject({ LogGroupName: z.string().max(NAME_CHARACTERS_MAX).optional() }),
  harmless: [
    "BearerTokenAuthenticationEnabled",
    "DataProtectionPolicy",
    "DeletionProtectionEnabled",
    "FieldIndexPolicies",
    "KmsKeyId",
    "LogGroupClass",
    "ResourcePolicyDocument",
    "RetentionInDays",
    "Tags",
  ],
  create: async ({ LogGroupName }, site) => {
    const name = LogGroupName ?? physicalName(site, { charactersMax: NAME_CHARACTERS_MAX });
    return { ref: name, attributes: { Arn: logGroupArn(name) } };
  },
});
