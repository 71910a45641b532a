import { contract } from "@essentially-once/messaging/contract";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { aContract, aType } from "@essentially-once/testing/internal/support/a-contract";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { AttributeType } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import {
  type ServiceOptions,
  ServiceStack,
  type ServiceStackOptions,
} from "../../src/stacks/service-stack.ts";

const ask = aContract("ask", { publishes: ["desk.asked.v1"] });
const answer = aContract("answer", { accepts: ["desk.asked.v1"], publishes: ["desk.answered.v1"] });
const watch = aContract("watch");
const due = aType("desk.due.v1");
const remind = contract({ name: "remind", accepts: [due], publishes: [due], schedules: [due] });
const anyFile = { entry: "relay/rotate-keys.ts" };

describe("a service", () => {
  test("finds the file of a handler by the contract's name, and says where it must be", () => {
    expect(() => aService("LineItems").addConsumer(answer)).toThrow(
      "LineItems: functions/line-items/answer.ts must export the handler of answer, but the file does not exist",
    );
  });

  test("names its table in the environment of each of its functions", () => {
    const stack = aService("LineItems");
    stack.addEndpoint(ask, anyFile);
    stack.addConsumer(answer, anyFile);
    stack.addProjection(watch, anyFile);
    const template = Template.fromStack(stack);
    for (const name of ["Ask", "Answer", "Watch"]) {
      expect(propertiesOf(template, "AWS::Lambda::Function", name).Environment).toMatchObject({
        Variables: { LINE_ITEMS_TABLE: { Ref: expect.stringMatching(/^Table/) } },
      });
    }
    expect(Object.keys(template.findOutputs("*")).filter((key) => !key.startsWith("ExportsOutput"))).toEqual([
      "LineItemsTable",
      "LineItemsEvidenceTable",
      "AskUrl",
      "AnswerConsumer",
      "AnswerQueueUrl",
      "AnswerDeadLetterQueueUrl",
      "WatchProjection",
      "WatchProjectionTable",
    ]);
  });

  test("may query a table that has a sort key or indexes, and delete its items when told so", () => {
    const byAge = { indexName: "byAge", partitionKey: { name: "age", type: AttributeType.NUMBER } };
    const sortKey = { name: "line", type: AttributeType.STRING };
    const stack = aService("Desk", { table: { sortKey, indexes: [byAge], deletesItems: true } });
    stack.addConsumer(answer, anyFile);
    const template = Template.fromStack(stack);
    const grants = grantsOf(template, "AnswerFunctionRole");
    expect(grants["Table.Arn"]).toEqual(expect.arrayContaining(["dynamodb:DeleteItem", "dynamodb:Query"]));
    expect(JSON.stringify(grants)).toContain("/index/byAge");
    expect(propertiesOf(template, "AWS::DynamoDB::GlobalTable", "Table").KeySchema).toHaveLength(2);
    expect(() => aService("Desk", { table: { sortKey }, messagesInItems: true })).toThrow(
      "Desk: messagesInItems needs a table without a sort key",
    );
  });

  test("evidence is its own, expires by itself, and has no stream that would show it", () => {
    const evidence = propertiesOf(
      Template.fromStack(aService("Desk")),
      "AWS::DynamoDB::GlobalTable",
      "Evidence",
    );
    expect(evidence.TimeToLiveSpecification).toEqual({ AttributeName: "expiresAt", Enabled: true });
    expect(evidence).not.toHaveProperty("StreamSpecification");
  });

  test("G3: tells the relay what its functions publish and accept", () => {
    const stack = aService("Desk");
    stack.addEndpoint(ask, anyFile);
    stack.addConsumer(answer, anyFile);
    stack.addProjection(watch, anyFile);
    expect(stack.contracts).toEqual([ask, answer, watch]);
    expect(stack.subscriptions.map(({ contract }) => contract)).toEqual([answer]);
    const entries = Template.fromStack(stack).findResources("AWS::SSM::Parameter");
    expect(Object.values(entries).map(({ Properties: { Name } }) => Name)).toEqual(
      ["ask", "answer", "watch"].map((name) => `/essentially-once/dev/contracts/${name}`),
    );
  });

  test("tells the console of its stage which limits a handler names, and who schedules", () => {
    const stack = aService("Desk");
    stack.addEndpoint(ask, anyFile);
    stack.addConsumer(answer, { ...anyFile, limits: ["carrier"] });
    stack.addConsumer(remind, anyFile);
    const entries = Object.values(Template.fromStack(stack).findResources("AWS::SSM::Parameter"));
    const shown = entries.map(({ Properties: { Name, Value } }) => {
      const text = JSON.stringify(Value); // joined with references
      return [
        Name.split("/").at(-1),
        text.includes('\\"limits\\":[\\"carrier\\"]'),
        text.includes("schedules"),
      ];
    });
    expect(shown).toEqual([
      ["ask", false, false],
      ["answer", true, false],
      ["remind", false, true],
    ]);
  });

  test("G3: keeps for a release what the relay of the one before imports, so that this one replaces it without a step", () => {
    const stack = aService("Desk", { messagesInItems: true });
    stack.addConsumer(answer, anyFile);
    const exported = Object.values(Template.fromStack(stack).findOutputs("*")).flatMap(
      ({ Export }) => Export?.Name ?? [],
    );
    expect(
      exported.map((name: string) =>
        name
          .replace(/^.*:ExportsOutput/, "")
          .replace(/[\dA-F]{8}(?=Arn|StreamArn|[\dA-F]{8}|$)/g, "")
          .replace(/[\dA-F]{8}$/, ""),
      ),
    ).toEqual(
      expect.arrayContaining([
        "RefAnswerQueueMessages",
        "FnGetAttAnswerQueueMessagesArn",
        "RefTable",
        "FnGetAttTableStreamArn",
      ]),
    );
  });

  test("G7: a consumer past the relay has no route to it, and no keys", () => {
    const stack = aService("Desk");
    stack.addConsumer(aContract("count", { from: cloudEvents() }), anyFile);
    expect(stack.subscriptions).toEqual([]);
    const grants = Object.values(grantsOf(Template.fromStack(stack), "CountFunctionRole")).flat();
    expect(grants).not.toContain("secretsmanager:GetSecretValue");
  });

  test("G3: a publisher of its own reads the stream of a table whose items carry messages", () => {
    const template = Template.fromStack(aService("Desk", { messagesInItems: true }));
    const mapping = propertiesOf(template, "AWS::Lambda::EventSourceMapping", "PublishItemsMapping");
    expect(mapping.EventSourceArn).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Table/), "StreamArn"] });
  });

  test("G1, G2: an endpoint and a projection may put what a unit of work holds, and look up one thing at a time", () => {
    const stack = aService("Desk");
    stack.addEndpoint(ask, anyFile);
    stack.addProjection(watch, anyFile);
    const template = Template.fromStack(stack);
    for (const role of ["AskRole", "WatchRole"]) {
      const grants = Object.entries(grantsOf(template, role)).filter(([, [action = ""]]) =>
        /^dynamodb/.test(action),
      );
      expect(grants).toEqual(
        expect.arrayContaining([
          [
            "Table.Arn",
            ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
          ],
          [expect.stringContaining("Evidence"), ["dynamodb:GetItem", "dynamodb:PutItem"]],
        ]),
      );
      const outboxes = grants.filter(([table]) => table.includes("Outbox"));
      expect(outboxes.map(([, actions]) => actions)).toEqual(
        role === "AskRole" ? [["dynamodb:PutItem"]] : [], // G7: it publishes nothing
      );
      expect(grants).toHaveLength(3); // a projection reads the journal
    }
  });

  test("G7: what a function puts into the outbox has a key that begins with its name", () => {
    const stack = aService("Desk");
    stack.addEndpoint(ask, anyFile);
    const [policy] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Policy"));
    const bound = policy?.Properties.PolicyDocument.Statement.filter(
      ({ Condition }: { Condition?: unknown }) => Condition !== undefined,
    );
    expect(bound).toMatchObject([
      {
        Action: "dynamodb:PutItem",
        Effect: "Allow",
        Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["ask#*"] } },
      },
    ]);
  });

  test("G10: a projection runs every minute, and may only read the journal", () => {
    const stack = aService("Desk");
    stack.addProjection(watch, anyFile);
    const template = Template.fromStack(stack);
    expect(propertiesOf(template, "AWS::Events::Rule")).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    const grants = Object.entries(grantsOf(template, "WatchRole"));
    expect(grants.find(([resource]) => resource.includes("Journal"))?.[1]).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:Query",
    ]);
  });
});

function aService(id: string, more: Partial<ServiceStackOptions> = {}): ServiceStack {
  const app = aTestApp();
  const config = aConfig();
  const foundation = new FoundationStack(app, "Foundation", { config });
  const options: ServiceOptions = { config, foundation };
  return new ServiceStack(app, id, { ...options, purpose: "tested", ...more });
}
