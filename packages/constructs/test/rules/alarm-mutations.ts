// Alarms that stay silent.
import { absent, type Subject } from "./subject.ts";

const isAlarm =
  (idPart: string) =>
  ({ Type }: { Type: string }, logicalId: string) =>
    Type === "AWS::CloudWatch::Alarm" && logicalId.includes(idPart);

export const alarmMutations: readonly Subject[] = [
  {
    name: "any alarm",
    alike: true,
    is: ({ Type, Properties = {} }) => Type === "AWS::CloudWatch::Alarm" && "Namespace" in Properties,
    mutations: [
      ["ActionsEnabled", false, "alarm-actions-enabled"],
      ["AlarmActions", absent, "alarm-alarm-actions"],
      ["AlarmActions", [], "alarm-alarm-actions"],
      ["Namespace", "Nobody/Writes", "alarm-namespace"],
      ["Namespace", "AWS/Usage", "alarm-namespace"],
      ["Dimensions", [{ Name: "QueueName", Value: "gone" }], "alarm-dimensions"],
      ["Dimensions", absent, "alarm-dimensions"],
      ["Period", 86_400, "alarm-period"],
      ["EvaluationPeriods", 100, "alarm-evaluation-periods"],
      ["DatapointsToAlarm", 3, "alarm-datapoints-to-alarm"],
      ["EvaluateLowSampleCountPercentile", "ignore", "alarm-evaluate-low-sample-count-percentile"],
      ["ThresholdMetricId", "ad1", "alarm-unlisted-threshold-metric-id"],
      ["@Condition", "Maybe", "not-by-condition"],
    ],
  },
  {
    name: "alarm on what the functions count",
    is: isAlarm("indoubt"),
    mutations: [
      ["Namespace", "EssentiallyOnce/dev", "alarm-namespace"],
      ["Dimensions", [{ Name: "service", Value: "renamed" }], "alarm-dimensions"],
      ["Threshold", 1_000, "alarm-threshold"],
    ],
  },
  {
    name: "alarm on messages that wait",
    is: isAlarm("Consumerwaiting"),
    mutations: [
      ["Statistic", "Minimum", "waiting-alarm"],
      ["Threshold", 172_800, "waiting-alarm"],
      ["MetricName", "Waited", "waiting-alarm"],
    ],
  },
  {
    name: "alarm on the age of the outbox",
    is: isAlarm("outboxage"),
    mutations: [
      ["Threshold", 86_400, "alarm-threshold"],
      ["Threshold", 86_400, "sweeper-alarms"],
      ["Statistic", "Minimum", "sweeper-alarms"],
    ],
  },
  {
    name: "alarm on a silent sweeper",
    is: isAlarm("sweepersilent"),
    mutations: [
      ["TreatMissingData", "notBreaching", "alarm-treat-missing-data"],
      ["TreatMissingData", absent, "sweeper-alarms"],
      ["ComparisonOperator", "GreaterThanThreshold", "sweeper-alarms"],
      ["Threshold", 0, "sweeper-alarms"],
    ],
  },
];
