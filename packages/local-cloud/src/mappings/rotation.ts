// Secrets Manager's part of a rotation: asks the rotation function for its four steps, one after the other.
//
//   A step that fails ends the rotation. Secrets Manager would repeat it; here RotateSecret has to be called again.

import { randomUUID } from "node:crypto";
import { RotateSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SecretsEngine } from "../engines/secrets/engine.ts";
import type { Invoke } from "../model/invocation.ts";
import type { Rotation } from "../model/model.ts";
import type { EventSource } from "./event-source.ts";

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"];

export interface RotationsOptions {
  readonly rotations: readonly Rotation[];
  readonly secrets: SecretsEngine;
  readonly secretsManager: SecretsManagerClient;
  readonly invoke: Invoke;
}

/** Rotates whatever `RotateSecret` asks for, and each secret once now when its schedule says so. */
export function startRotations({
  rotations,
  secrets,
  secretsManager,
  invoke,
}: RotationsOptions): EventSource {
  const underWay = new Set<Promise<unknown>>();
  secrets.onRotate((secretArn, version) => {
    const rotation = rotations.find((one) => one.secretArn === secretArn);
    if (rotation) follow(perform(rotation, version));
    return rotation !== undefined;
  });
  for (const { secretArn: SecretId, atOnce } of rotations) {
    if (atOnce)
      follow(secretsManager.send(new RotateSecretCommand({ SecretId, ClientRequestToken: randomUUID() })));
  }
  return {
    async stop() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };

  async function perform({ functionArn, secretArn }: Rotation, version: string): Promise<void> {
    for (const Step of STEPS) {
      const event = { Step, SecretId: secretArn, ClientRequestToken: version };
      const { outcome } = await invoke(functionArn, event);
      if (outcome !== "ok") return; // the invocation's own event says why
    }
  }

  function follow(task: Promise<unknown>): void {
    const followed = task.catch(() => undefined).finally(() => underWay.delete(followed));
    underWay.add(followed);
  }
}
