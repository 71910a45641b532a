// The engines that a conformance suite runs against: the endpoints that AWS_ENDPOINT_URL_SQS and the like name, or the
// embedded engines.

import { randomUUID } from "node:crypto";
import { type Engines, startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  destroyClients,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { afterAll, beforeAll } from "vitest";

/** Call once in a file; the clients are there when its tests run. */
export function conformanceClients(): () => LocalClients {
  let engines: Engines;
  let clients: LocalClients;
  beforeAll(async () => {
    engines = await startEngines();
    clients = localClients(engines.endpoints);
  });
  afterAll(async () => {
    destroyClients(clients);
    await engines.stop();
  });
  return () => clients;
}

/** Unique, so that suites can share a lasting endpoint. */
export function aName(purpose: string): string {
  return `conformance-${purpose}-${randomUUID().slice(0, 8)}`;
}
