// OPERATIONS: the alarms, their topic and the dashboard. It covers every consumer, function and table of the stacks it is
// given, so a new one gets its alarms at once. The wiring rules fail a synthesis that leaves one out.
import { Aws, CfnOutput, CrossStackReferences, ReferenceStrength, Stack, Validations } from "aws-cdk-lib";
import type { IAlarmAction } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { type Config, stackProps } from "../config/config.ts";
import { AlarmList } from "../constructs/alarm-list.ts";
import { alarmOnConsumer } from "../constructs/consumer-alarms.ts";
import { customerKey } from "../constructs/customer-key.ts";
import { FormerEvidence } from "../constructs/evidence-move.ts";
import { type Flow, FlowDashboard } from "../constructs/flow-dashboard.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { OutboxPublisher } from "../constructs/outbox-publisher.ts";
import { OutboxSweeper } from "../constructs/outbox-sweeper.ts";
import { QueueConsumer } from "../constructs/queue-consumer.ts";
import { alarmOnDispatcher, alarmOnPublisher, alarmOnSweeper } from "../constructs/relay-alarms.ts";
import { alarmOnFunction, alarmOnTable } from "../constructs/resource-alarms.ts";
import { ScheduleDispatcher } from "../constructs/schedule-dispatcher.ts";
import { ServiceTable } from "../constructs/service-table.ts";

export interface OperationsStackOptions {
  readonly config: Config;
  /** In flow order, which is the dashboard's. */
  readonly watched: readonly Stack[];
}

export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, { config, watched }: OperationsStackOptions) {
    super(scope, id, stackProps(config, id, "alarms and the dashboard"));
    // What it watches may go without asking. Weak in the release after this one, when no deployed stack imports any more.
    CrossStackReferences.of(this).consume(ReferenceStrength.BOTH);
    Validations.of(this).acknowledge({
      id: "Annotation::@aws-cdk/core:crossStackReferencesBothTransitional",
      reason: "It is kept for one release.",
    });
    const { alarms: level, metricNamespace } = config.sizes;
    const counted = ({ service }: NodeFunction) => ({ metricNamespace, service });
    const { functions, ...flow } = flowOf(watched);
    const list = new AlarmList(this, "Alarms", { level, actions: actionsOf(this, config) });

    for (const consumer of flow.consumers) alarmOnConsumer(list, consumer, counted(consumer.function));
    for (const publisher of flow.publishers) alarmOnPublisher(list, publisher);
    for (const sweeper of flow.sweepers) alarmOnSweeper(list, sweeper, counted(sweeper.function));
    for (const dispatcher of flow.dispatchers)
      alarmOnDispatcher(list, dispatcher, counted(dispatcher.function));
    for (const each of functions) alarmOnFunction(list, each, counted(each));
    for (const table of flow.tables) alarmOnTable(list, table);

    if (config.alarmReceiver === "none") {
      Validations.of(list).acknowledge({
        id: "Wiring::alarm-alarm-actions",
        reason: "Set by -c alarmReceiver=none: the alarms are watched in another way.",
      });
    }
    const dashboard = new FlowDashboard(this, "Flow", flow, counted);
    new CfnOutput(this, "Dashboard", { value: dashboard.dashboardName });
  }
}

function flowOf(stacks: readonly Stack[]): Flow & { readonly functions: readonly NodeFunction[] } {
  const all = stacks.flatMap((stack) => stack.node.findAll());
  const consumers = all.filter((each) => each instanceof QueueConsumer);
  const publishers = all.filter((each) => each instanceof OutboxPublisher);
  const sweepers = all.filter((each) => each instanceof OutboxSweeper);
  const dispatchers = all.filter((each) => each instanceof ScheduleDispatcher);
  const functions = all.filter((each) => each instanceof NodeFunction);
  const owned = new Set<NodeFunction>(
    [...consumers, ...publishers, ...sweepers, ...dispatchers].map((owner) => owner.function),
  );
  return {
    consumers,
    publishers,
    sweepers,
    dispatchers,
    functions,
    entrances: functions.filter((each) => !owned.has(each)),
    tables: all
      .filter((each) => each instanceof ServiceTable)
      .filter((each) => !(each instanceof FormerEvidence)),
  };
}

function actionsOf(stack: Stack, { alarmTopicArn, alarmEmail, sizes }: Config): IAlarmAction[] {
  if (alarmTopicArn !== undefined) return [new SnsAction(Topic.fromTopicArn(stack, "Topic", alarmTopicArn))];
  if (alarmEmail === undefined) return [];
  // Alarms cannot publish to a topic that AWS's own key encrypts, and what they say is not secret. To one with a key of
  // yours they publish if the key's policy lets CloudWatch use it: docs/deploying.md.
  const masterKey = customerKey(stack, sizes.encryptionKeyArn);
  const topic = new Topic(stack, "Topic", { enforceSSL: true, ...(masterKey && { masterKey }) });
  topic.addToResourcePolicy(publishingAlarms(topic));
  topic.addSubscription(new EmailSubscription(alarmEmail)); // the address confirms once
  Validations.of(topic).acknowledge({
    id: "Serverless::Serverless-SNSRedrivePolicy",
    reason:
      "An undelivered mail is visible in CloudWatch; a dead-letter queue of old alarms would not be read.",
  });
  return [new SnsAction(topic)];
}

/**
 * A topic with a policy, as that which refuses plain text, has lost the one that let the account's alarms publish.
 *
 * https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
function publishingAlarms(topic: Topic): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
    actions: ["sns:Publish"],
    resources: [topic.topicArn],
    conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } }, // no alarm of another account
  });
}
