// Alarms of one owner: each has a section in the runbook, stays silent without data, and notifies the same topic.
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct, type IConstruct } from "constructs";
import { type AlarmKind, alarmDescription } from "../config/runbook.ts";

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = ComparisonOperator;
const { BREACHING, NOT_BREACHING } = TreatMissingData;

export interface AlarmListOptions {
  /** What happens when an alarm begins, and when it ends; unless given, it is only seen. */
  readonly actions: readonly IAlarmAction[];
  /** Essential are those that the wiring rules demand. */
  readonly level: "essential" | "all";
}

export interface RunbookAlarmOptions {
  readonly kind: AlarmKind;
  /** Of whom it speaks. */
  readonly subject: IConstruct;
  readonly metric: IMetric;
  /** It rings above the one or below the other. What must not fall below something must not be silent either. */
  readonly rings: { readonly above: number } | { readonly below: number };
  /** In how many periods of the metric, one after the other. */
  readonly periods?: number;
}

export class AlarmList extends Construct {
  readonly alarms: Alarm[] = [];
  readonly #options: AlarmListOptions;

  constructor(scope: Construct, id: string, options: AlarmListOptions) {
    super(scope, id);
    this.#options = options;
  }

  /** An alarm that every stage has. */
  essential({ kind, subject: { node }, metric, rings, periods = 1 }: RunbookAlarmOptions): void {
    const isCeiling = "above" in rings;
    const alarm = new Alarm(this, `${node.path.replaceAll("/", "-")}-${kind}`, {
      metric,
      alarmDescription: alarmDescription(kind, node.path),
      threshold: isCeiling ? rings.above : rings.below,
      comparisonOperator: isCeiling ? GREATER_THAN_THRESHOLD : LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: isCeiling ? NOT_BREACHING : BREACHING, // a metric of what did not happen is not there
    });
    for (const action of this.#options.actions) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    this.alarms.push(alarm);
  }

  /** An alarm for stages whose alarms are "all". */
  further(options: RunbookAlarmOptions): void {
    if (this.#options.level === "all") this.essential(options);
  }
}
