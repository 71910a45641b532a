import {
  eventRuleProperties,
  permissionProperties,
  roleProperties,
  scheduleProperties,
} from "./access-properties.ts";
import { alarmProperties, compositeAlarmProperties } from "./alarm-properties.ts";
import { functionProperties, invokeProperties, urlProperties } from "./function-properties.ts";
import { mappingProperties } from "./mapping-properties.ts";
import { parameterProperties } from "./parameter-properties.ts";
import { type PropertyTable, rulesOf } from "./property-rules.ts";
import { queueProperties } from "./queue-properties.ts";
import {
  bucketProperties,
  logGroupProperties,
  rotationProperties,
  secretProperties,
  subscriptionProperties,
  topicProperties,
} from "./storage-properties.ts";
import { tableProperties } from "./table-properties.ts";

export const propertyTables: readonly PropertyTable[] = [
  queueProperties,
  mappingProperties,
  tableProperties,
  functionProperties,
  invokeProperties,
  urlProperties,
  eventRuleProperties,
  scheduleProperties,
  roleProperties,
  permissionProperties,
  logGroupProperties,
  bucketProperties,
  secretProperties,
  rotationProperties,
  parameterProperties,
  topicProperties,
  subscriptionProperties,
  alarmProperties,
  compositeAlarmProperties,
];

export const propertyRules = propertyTables.flatMap(rulesOf);
