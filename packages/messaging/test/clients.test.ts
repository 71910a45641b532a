import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { expect, it } from "vitest";
import { secretsManager } from "../src/aws/clients.ts";
import { sqsOnce } from "../src/aws/sqs-client.ts";

it("G11, D10: a call without an answer times out, and does not wait forever", async () => {
  const server = createServer((socket) => void socket.on("error", () => undefined).resume());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${port}`,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
  });
  const question = new GetQueueAttributesCommand({ QueueUrl: `http://127.0.0.1:${port}/000000000000/q` });
  const secret = new GetSecretValueCommand({ SecretId: "keys" });
  await Promise.all(
    [sqsOnce().send(question), secretsManager().send(secret)].map((call) =>
      expect(call).rejects.toMatchObject({ name: "TimeoutError" }),
    ),
  );
  server.close();
});
