// The registry of a stage, for who operates it: the relay's own reading of it, with the operator's credentials.

import { nowMs } from "../functions/messaging/clock.ts";
import type { Registration } from "../functions/messaging/registration.ts";
import { type Registry, readRegistry, registry } from "../functions/messaging/registry.ts";
import type { Connection } from "./connection.ts";
import { outputRequired } from "./outputs.ts";
import { UsageError } from "./usage-error.ts";

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
  throw new UsageError(`The registry ${place.path} is not open: deploy the relay's stack first.`);
}

function placeOf({ dynamodb, outputs, local }: Connection) {
  return { client: dynamodb, path: outputRequired(outputs, "RegistryPath"), endpoint: local.endpoints.ssm };
}
