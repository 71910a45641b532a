// AWS::SNS::Topic and AWS::SNS::Subscription. A topic delivers to queues. Subscriptions of people (email, sms) exist, and
// nothing is delivered to them. Any other protocol is refused by name.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html

import { z } from "zod";
import { physicalName } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";
import { sendRequest } from "./service-request.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
const NAME_CHARACTERS_MAX = 256;
/** Accepted, but not delivered to. */
const TO_PEOPLE = ["email", "email-json", "sms"];

const delivery = z.strictObject({ Endpoint: z.string(), Protocol: z.string() });
const topic = z.strictObject({
  TopicName: z.string().optional(),
  FifoTopic: z.boolean().optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  Subscription: z.array(delivery).default([]),
});

export const Topic = family({
  type: "AWS::SNS::Topic",
  properties: topic,
  harmless: [
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "SignatureVersion",
    "Tags",
    "TracingConfig",
  ],
  create: async (given, site) => {
    const { FifoTopic, ContentBasedDeduplication, Subscription } = given;
    const suffix = FifoTopic ? ".fifo" : "";
    const name = given.TopicName ?? physicalName(site, { charactersMax: NAME_CHARACTERS_MAX, suffix });
    const answer = await say(site, "CreateTopic", {
      Name: name,
      ...attributes({
        ...(FifoTopic && { FifoTopic }),
        ...(ContentBasedDeduplication && { ContentBasedDeduplication }),
      }),
    });
    const [, arn = ""] = /<TopicArn>([^<]+)<\/TopicArn>/.exec(answer) ?? [];
    for (const { Endpoint, Protocol } of Subscription)
      await subscribe(site, { TopicArn: arn, Endpoint, Protocol }, {});
    return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
  },
});

const subscription = z.strictObject({
  ...delivery.shape,
  TopicArn: z.string(),
  RawMessageDelivery: z.boolean().optional(),
  FilterPolicy: z.unknown().optional(),
  FilterPolicyScope: z.enum(["MessageAttributes", "MessageBody"]).optional(),
});

export const Subscription = family({
  type: "AWS::SNS::Subscription",
  properties: subscription,
  harmless: ["DeliveryPolicy", "RedrivePolicy", "Region"], // a delivery to a queue of this process does not fail
  create: async (
    { RawMessageDelivery, FilterPolicy, FilterPolicyScope, ...target },
    site,
  ): Promise<Created> => {
    await subscribe(site, target, {
      ...(RawMessageDelivery && { RawMessageDelivery }),
      ...(FilterPolicy !== undefined && { FilterPolicy: JSON.stringify(FilterPolicy) }),
      ...(FilterPolicyScope && { FilterPolicyScope }),
    });
    return { ref: `${target.TopicArn}:${site.logicalId}`, attributes: {} };
  },
});

async function subscribe(
  site: Site,
  target: { readonly TopicArn: string; readonly Endpoint: string; readonly Protocol: string },
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { Endpoint, Protocol } = target;
  if (TO_PEOPLE.includes(Protocol)) return;
  if (Protocol !== "sqs") {
    throw new NotUnderstood(
      `Protocol: ${Protocol} is not supported here, only sqs is; ${TO_PEOPLE.join(", ")} are ignored`,
    );
  }
  if (!site.deployed.queueUrlsByArn.has(Endpoint)) {
    throw new NotUnderstood(`Endpoint: must be a queue of this app, got ${Endpoint}`);
  }
  await say(site, "Subscribe", { ...target, ...attributes(settings) });
}

function attributes(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value], index) => [
      [`Attributes.entry.${index + 1}.key`, name],
      [`Attributes.entry.${index + 1}.value`, String(value)],
    ]),
  );
}

function say(
  { endpoints }: Site,
  Action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  return sendRequest({
    endpoint: endpoints.sns,
    service: "sns",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Action, Version: "2010-03-31", ...parameters }).toString(),
  });
}
