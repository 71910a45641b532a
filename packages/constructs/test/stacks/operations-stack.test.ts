import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { synthesizeApp } from "@essentially-once/testing/real-app";
import { aConfig, aTestApp } from "@essentially-once/testing/test-app";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { alarmKinds } from "../../src/config/runbook.ts";
import { ClaimCheckBucket } from "../../src/constructs/claim-check-bucket.ts";
import { QueueConsumer } from "../../src/constructs/queue-consumer.ts";
import { ServiceTable } from "../../src/constructs/service-table.ts";
import { OperationsStack } from "../../src/stacks/operations-stack.ts";

interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly TreatMissingData: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
  readonly Metrics?: readonly { readonly MetricStat?: object }[];
}

describe.each([
  [
    "dev",
    [
      "dead-letters",
      "dispatcher-silent",
      "oldest-message",
      "outbox-age",
      "schedule-age",
      "stream-behind",
      "stream-failures",
      "sweeper-silent",
    ],
  ],
  ["prod", Object.keys(alarmKinds).sort()],
])("the alarms of an app, stage %s", (stage, kinds) => {
  const template = kitOperations({ stage });
  const alarms = alarmsOf(template);

  test("are of these kinds, which the runbook has", () => {
    const given = alarms.map(({ AlarmDescription }) => AlarmDescription.split("#")[1]);
    expect([...new Set(given)].sort()).toEqual(kinds);
  });

  test("are silent about what did not happen, unless that is what they are about", () => {
    const loud = alarms.filter(({ TreatMissingData }) => TreatMissingData !== "notBreaching");
    expect(loud.map(({ AlarmDescription }) => AlarmDescription.split("#")[1]).sort()).toEqual([
      "dispatcher-silent",
      "sweeper-silent",
    ]);
  });

  test("notify the named receiver, in production at least", () => {
    const notified = alarms.filter(({ AlarmActions }) => AlarmActions !== undefined);
    expect(notified).toHaveLength(stage === "prod" ? alarms.length : 0);
    expect(template.findResources("AWS::SNS::Topic")).toEqual({});
  });
});

test("an address gets a topic of its own: only alarms of this account may publish to it, by TLS, and it is notified of their start and end", () => {
  const template = anOperations({ alarmEmail: "you@example.com" });
  template.hasResourceProperties("AWS::SNS::Subscription", {
    Protocol: "email",
    Endpoint: "you@example.com",
  });
  template.hasResourceProperties("AWS::SNS::TopicPolicy", {
    PolicyDocument: {
      Statement: [
        { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
        {
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        },
      ],
    },
  });
  for (const { AlarmActions, OKActions } of alarmsOf(template)) {
    expect(AlarmActions).toHaveLength(1);
    expect(OKActions).toEqual(AlarmActions);
  }
});

test("a topic that exists is used as it is", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:on-call";
  const template = anOperations({ alarmTopicArn: topic });
  expect(template.findResources("AWS::SNS::Topic")).toEqual({});
  expect(alarmsOf(template).every(({ AlarmActions }) => AlarmActions?.[0] === topic)).toBe(true);
});

test("a consumer brings its alarms and its line of the dashboard with it", () => {
  const template = anOperations();
  expect(alarmsOf(template).map(({ AlarmDescription }) => AlarmDescription)).toEqual([
    "Service/Charge: there are messages in the dead-letter queue. docs/runbook.md#dead-letters",
    "Service/Charge: a message has been in the queue for too long. docs/runbook.md#oldest-message",
  ]);
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const body = JSON.stringify(dashboard?.Properties.DashboardBody);
  const titles = [
    "## Requests and schedules",
    "## Outbox",
    "## Queues",
    "reserve-credit waits",
    "reserve-credit does",
    "reserve-credit could not",
  ];
  for (const title of titles) expect(body).toContain(title);
  expect(body).toContain("EssentiallyOnce/dev");
});

test("the dashboard reads from left to right", () => {
  const [dashboard] = Object.values(
    kitOperations({ stage: "dev" }).findResources("AWS::CloudWatch::Dashboard"),
  );
  const text: string = dashboard?.Properties.DashboardBody["Fn::Join"][1]
    .map((part: unknown) => (typeof part === "string" ? part : "x"))
    .join("");
  const { widgets } = JSON.parse(text) as {
    widgets: { type: string; x: number; properties: { markdown: string } }[];
  };
  const headings = widgets.filter(({ type }) => type === "text").sort((a, b) => a.x - b.x);
  expect(headings.map(({ properties }) => properties.markdown)).toEqual([
    "## Requests and schedules",
    "## Outbox",
    "## Queues",
    "## Effects",
    "## Dead letters",
  ]);
});

function anOperations(context: Record<string, unknown> = {}): Template {
  const app = aTestApp(context);
  const config = aConfig(context);
  const service = new Stack(app, "Service");
  const [table, evidence, outbox] = ["Table", "Evidence", "Outbox"].map(
    (id) => new ServiceTable(service, id, { keepsData: false }),
  ) as [ServiceTable, ServiceTable, ServiceTable];
  new QueueConsumer(service, "Charge", {
    entry: "credit/reserve-credit.ts",
    contract: aContract("reserve-credit", { accepts: ["orders.order-placed.v1"] }),
    tables: { state: { variable: "CREDIT_TABLE", table }, evidence, outbox },
    claims: new ClaimCheckBucket(service, "Claims", { keepsData: false }),
    sizes: config.sizes,
  });
  return Template.fromStack(new OperationsStack(app, "Operations", { config, watched: [service] }));
}

function kitOperations(context: Record<string, string>): Template {
  const file = join(synthesizeApp(context), "Operations.template.json");
  return Template.fromJSON(JSON.parse(readFileSync(file, "utf8")));
}

function alarmsOf(template: Template): AlarmProperties[] {
  return Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties);
}
