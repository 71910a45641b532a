import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";

const region = "us-east-1";

it("the kit's clients copy no request for a log that nobody receives", () => {
  process.env.AWS_REGION = region;
  const log = /loggerMiddleware/; // by the name that the SDK has for it
  expect(new DynamoDBClient({ region }).middlewareStack.identify()).toContainEqual(
    expect.stringMatching(log),
  );
  for (const client of [dynamodb(), sqs()]) {
    expect(client.middlewareStack.identify()).not.toContainEqual(expect.stringMatching(log));
  }
});
