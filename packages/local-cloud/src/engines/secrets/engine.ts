// The Secrets Manager engine: no engine that we know brings one, and the functions ask for their keys through the
// AWS SDK, so this answers it at an endpoint of its own. Secrets live in memory.

import { type JsonService, startJsonService } from "../json-service.ts";
import { secretStore } from "./store.ts";

export interface SecretsEngine extends JsonService {
  /** Sets the function that starts a requested rotation and returns whether it can; until it is set, none can start. */
  onRotate(rotate: Rotate): void;
}

export type Rotate = (secretArn: string, version: string) => boolean;

export async function startSecretsEngine(): Promise<SecretsEngine> {
  let rotate: Rotate = () => false;
  const service = await startJsonService(
    new Map(Object.entries(secretStore((...rotation) => rotate(...rotation)))),
  );
  return {
    ...service,
    onRotate(next) {
      rotate = next;
    },
  };
}
