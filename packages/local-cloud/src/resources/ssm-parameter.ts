// AWS::SSM::Parameter. Templates read it as a parameter of theirs or as `{{resolve:ssm:…}}`, functions through the SDK.

import { z } from "zod";
import { physicalName } from "../model/names.ts";
import { family } from "./family.ts";
import { sendRequest } from "./service-request.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
const NAME_CHARACTERS_MAX = 1_011;

export const SsmParameter = family({
  type: "AWS::SSM::Parameter",
  properties: z.strictObject({
    Name: z.string().max(NAME_CHARACTERS_MAX).optional(),
    Type: z.enum(
      ["String", "StringList"],
      "must be String or StringList: CloudFormation creates no other type",
    ),
    Value: z.string(),
  }),
  harmless: ["AllowedPattern", "DataType", "Description", "Policies", "Tags", "Tier"],
  create: async ({ Name, Type, Value }, site) => {
    const name = Name ?? physicalName(site, { charactersMax: NAME_CHARACTERS_MAX });
    await sendRequest({
      endpoint: site.endpoints.ssm,
      service: "ssm",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.PutParameter" },
      body: JSON.stringify({ Name: name, Type, Value, Overwrite: true }),
    });
    return { ref: name, attributes: { Type, Value } };
  },
});
