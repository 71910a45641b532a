// A topic of the app, as on AWS: what a function publishes arrives in the queues that are subscribed, and nowhere else.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { aRecorder } from "@essentially-once/testing/internal/support/local-function";
import { aFunction, oneStack, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, type Stack } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { SubscriptionFilter, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription, SqsSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startLocalCloud } from "../../src/cloud.ts";

/** Sends a form to a service, as the SDK does, and answers with status and text. */
const HANDLER = `export const handler = async ({ service, variable, form }) => {
  const { [variable]: url, TOPIC_ARN: TopicArn, AWS_ACCESS_KEY_ID: key } = process.env;
  const scope = key + "/20260101/us-east-1/" + service + "/aws4_request";
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ ...form, TopicArn }).toString(),
  });
  return { status: response.status, text: await response.text() };
};`;

function aShop(stack: Stack): void {
  const topic = new Topic(stack, "Orders");
  const all = new Queue(stack, "All");
  const large = new Queue(stack, "Large");
  topic.addSubscription(new SqsSubscription(all, { rawMessageDelivery: true }));
  topic.addSubscription(
    new SqsSubscription(large, {
      filterPolicy: { size: SubscriptionFilter.stringFilter({ allowlist: ["large"] }) },
    }),
  );
  topic.addSubscription(new EmailSubscription("you@example.com"));
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const properties = { code: Code.fromAsset(directory), environment: { TOPIC_ARN: topic.topicArn } };
  topic.grantPublish(aFunction(stack, "May", properties));
  aFunction(stack, "MayNot", properties);
  new CfnOutput(stack, "AllUrl", { value: all.queueUrl });
  new CfnOutput(stack, "LargeUrl", { value: large.queueUrl });
}

async function aCloud() {
  const recorder = aRecorder();
  const cloud = await startLocalCloud({ assemblyDirectory: oneStack(aShop), onEvent: recorder.onEvent });
  onTestFinished(cloud.stop);
  const publish = (path: string, Message: string) =>
    cloud.invoke(path, {
      service: "sns",
      variable: "AWS_ENDPOINT_URL_SNS",
      form: { Action: "Publish", Message },
    });
  const bodies = async (output: string) => {
    const { Messages = [] } = await cloud.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.output(output), MaxNumberOfMessages: 10 }),
    );
    return Messages.map(({ Body }) => Body);
  };
  return { recorder, cloud, publish, bodies };
}

test("what a function publishes is in the queue that is subscribed, and its filter keeps it from the other", async () => {
  const { publish, bodies } = await aCloud();
  expect((await publish("Shop/May", "an order")).response).toMatchObject({ status: 200 });
  expect(await bodies("AllUrl")).toEqual(["an order"]);
  expect(await bodies("LargeUrl")).toEqual([]);
});

test("a function without the grant is denied, and named", async () => {
  const { recorder, publish, bodies } = await aCloud();
  const { response } = await publish("Shop/MayNot", "an order");
  expect(response).toMatchObject({ status: 403, text: expect.stringContaining("AuthorizationError") });
  expect(recorder.of("denial").map(({ line }) => line)).toEqual([
    expect.stringMatching(/^Shop\/MayNot may not sns:Publish on Shop\/Orders .*topic\.grantPublish\(fn\)$/),
  ]);
  expect(await bodies("AllUrl")).toEqual([]);
});

test("a request to a service that is not here is denied and named, and does not leave the machine", async () => {
  const { recorder, cloud } = await aCloud();
  const { response } = await cloud.invoke("Shop/May", {
    service: "events",
    variable: "AWS_ENDPOINT_URL",
    form: { Action: "PutEvents" },
  });
  expect(response).toMatchObject({
    status: 400,
    text: expect.stringContaining("the local cloud has no events"),
  });
  expect(recorder.of("denial").map(({ line }) => line)).toEqual([
    expect.stringContaining("Shop/May: events: the local cloud has no events"),
  ]);
});
