// The registry of a stage, read with the relay's code and the operator's credentials.

import { nowMs } from "@essentially-once/messaging/clock";
import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import { type Registry, readRegistry, registry } from "@essentially-once/messaging/internal/publish/registry";
import { UsageError } from "../terminal/usage-error.ts";
import type { Connection } from "./connection.ts";
import { outputRequired } from "./outputs.ts";

/** For a publisher of the operator's: it sends where the relay would send, and signs no more (G7). */
export function registryOf(connection: Connection): Registry {
  return registry({ load: (bound) => readRegistry({ ...placeOf(connection), ...bound }) });
}

/** Longer than the largest registry takes. Milliseconds. */
const readMsMax = 60_000;

/** @throws UsageError where the relay has not been deployed yet */
export async function registrationsOf(connection: Connection): Promise<Registration[]> {
  const place = placeOf(connection);
  const registrations = await readRegistry({ ...place, deadlineMs: nowMs() + readMsMax });
  if (registrations) return registrations;
  throw new UsageError(`The relay has not opened the registry ${place.path} yet: deploy its stack first.`);
}

function placeOf({ dynamodb, outputs, local }: Connection) {
  return { client: dynamodb, path: outputRequired(outputs, "RegistryPath"), endpoint: local.endpoints.ssm };
}
