// What invokes functions by itself: event source mappings, which can be disabled while the cloud runs, and schedules.
import type { Chaos } from "./chaos.ts";
import type { EventSource } from "./mappings/event-source.ts";
import { type MappingSwitches, mappingSwitches } from "./mappings/mapping-switches.ts";
import { startSchedule } from "./mappings/schedule.ts";
import { startSqsMapping } from "./mappings/sqs.ts";
import { startStreamMapping } from "./mappings/stream.ts";
import type { LocalClients } from "./model/clients.ts";
import type { Emit } from "./model/events.ts";
import type { Deployment } from "./model/model.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** Each has a process of its publisher. They are split and joined again as more are. */
const SHARDS_IN_A_HURRY = 2;

/** Chaos spares schedules and function URLs: no service retries them. */
export function startEventSources(options: {
  readonly deployment: Deployment;
  readonly clients: LocalClients;
  readonly runtime: Runtime;
  readonly chaos: Chaos;
  readonly onEvent: Emit;
  readonly hurries: boolean;
}): { readonly mappings: MappingSwitches; readonly schedules: EventSource[] } {
  const { deployment, clients, runtime, chaos, onEvent, hurries } = options;
  const functions = new Map(deployment.functions.map((fn) => [fn.arn, fn]));
  const pathOf = (functionArn: string) => functions.get(functionArn)?.path ?? functionArn;
  const hiddenMs = (functionArn: string) => (hurries ? functions.get(functionArn)?.timeoutMs : undefined);
  const invoke = chaos.disturb(runtime.invoke, pathOf);
  const to = (functionArn: string) => ({ functionPath: pathOf(functionArn), ...clients, invoke, onEvent });
  const mappings = mappingSwitches([
    ...deployment.streamMappings.map((mapping) => ({
      functionArn: mapping.functionArn,
      eventSourceArn: mapping.streamArn,
      start: () =>
        startStreamMapping({
          mapping,
          ...to(mapping.functionArn),
          ...(hurries && { shards: SHARDS_IN_A_HURRY }),
        }),
    })),
    ...deployment.sqsMappings.map((mapping) => ({
      functionArn: mapping.functionArn,
      eventSourceArn: mapping.queueArn,
      start: () =>
        startSqsMapping({
          mapping,
          ...to(mapping.functionArn),
          hiddenMsAfterDeath: hiddenMs(mapping.functionArn),
        }),
    })),
  ]);
  const schedules = deployment.schedules.map((schedule) =>
    startSchedule({ schedule, invoke: runtime.invoke }),
  );
  return { mappings, schedules };
}
