// Alarms of one owner: all with a section in the runbook, all silent when there is nothing to count, all heard by
// the same topic.
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { type AlarmKind, alarmDescription } from "../runbook.ts";

export interface AlarmListOptions {
  /** What happens when an alarm begins, and when it ends; unless given, it is only seen. */
  readonly actions: readonly IAlarmAction[];
  /** Essential are those that the wiring rules demand. */
  readonly level: "essential" | "all";
}

export interface RunbookAlarmOptions {
  readonly kind: AlarmKind;
  /** Of whom it speaks; the name of its section and its id follow from kind and subject. */
  readonly subject: string;
  readonly metric: IMetric;
  /** It rings above this. */
  readonly above: number;
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
  essential({ kind, subject, metric, above, periods = 1 }: RunbookAlarmOptions): void {
    const alarm = new Alarm(this, `${subject}-${kind}`, {
      metric,
      alarmDescription: alarmDescription(kind, subject),
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING, // a metric of what did not happen is not there
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
