// AWS's own policies that CDK or people attach to a function's role, as far as they are known here.
//
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html

import type { Statement } from "./statement.ts";

const logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

const allow = (...actions: string[]): Statement[] => [{ effect: "Allow", actions, resources: ["*"] }];

export const MANAGED_POLICIES: ReadonlyMap<string, readonly Statement[]> = new Map([
  ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", allow(...logs)],
  [
    "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
    allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...logs),
  ],
  [
    "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole",
    allow(
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      ...logs,
    ),
  ],
]);
