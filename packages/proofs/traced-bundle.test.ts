// The bundle of ship-order as Lambda loads it where tracing is active: ES modules around an X-Ray SDK that is CommonJS,
// loaded before any invocation, and so before there is a trace.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { EsbuildBundling } from "@essentially-once/constructs/bundle";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anXRayDaemon } from "@essentially-once/testing/an-x-ray-daemon";
import { anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { expect, it } from "vitest";
import { OrderApproved } from "../../functions/orders/messages.ts";

const nowhere = "http://127.0.0.1:1";
const environment = {
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_REGION: "us-east-1",
  AWS_ENDPOINT_URL: nowhere,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  POWERTOOLS_SERVICE_NAME: "ship-order",
  POWERTOOLS_METRICS_NAMESPACE: "Shop/test",
  QUEUE_URL: `${nowhere}/queue`,
  DEAD_LETTER_QUEUE_URL: `${nowhere}/dead-letters`,
  MAX_RECEIVE_COUNT: "5",
  EVIDENCE_TABLE: "evidence",
  ORDERED_OUTBOX_TABLE: "outbox",
  SHIPPING_TABLE: "shipping",
  CLAIM_CHECK_BUCKET: "claims",
  SIGNING_SECRET_ARN: "arn",
  CARRIER_URL: nowhere,
  LIMITS: "carrier",
};
const message = anEnvelope({
  type: OrderApproved.type,
  data: { orderId: "o-1", shipTo: "canary-7Q3z Street", lines: [] },
});

it.each([
  ["active", { POWERTOOLS_TRACE_ENABLED: "true" }, 2],
  ["off", {}, 0],
])("with tracing %s a process tells X-Ray of its invocations: %o", async (_tracing, variables, count) => {
  const [directory, daemon] = [temporaryDirectory("traced"), await anXRayDaemon()];
  new EsbuildBundling("shipping/ship-order.ts").tryBundle(directory);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", lambdaRuntime(join(directory, "index.mjs"))],
    {
      timeout: 60_000,
      env: {
        ...environment,
        LAMBDA_TASK_ROOT: directory,
        AWS_XRAY_DAEMON_ADDRESS: daemon.address,
        ...variables,
      },
    },
  );
  expect(stdout.trim().split("\n").at(-1)).toBe('"answered"');
  const documents = await daemon.documents(count);
  expect(documents.map(({ name, trace_id, fault }) => ({ name, trace_id, fault }))).toEqual(
    Array.from({ length: count }, (_, n) => ({ name: "## ship-order", trace_id: rootOf(n), fault: true })),
  );
  for (const { annotations } of documents) expect(annotations).toMatchObject({ messageId: message.id });
  expect(stdout + stderr + JSON.stringify(documents)).not.toContain("canary");
  daemon.stop();
});

/** Nothing answers it, so the message fails; that is enough to be told. */
function lambdaRuntime(file: string): string {
  const event = anSqsEvent(anSqsRecord(asciiJson(message)));
  const context = { awsRequestId: "r-1" };
  return `
    const { handler } = await import(${JSON.stringify(pathToFileURL(file).href)});
    for (const root of ${JSON.stringify([rootOf(0), rootOf(1)])}) {
      process.env._X_AMZN_TRACE_ID = "Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1";
      const endsAt = Date.now() + 9_000;
      const context = { ...${JSON.stringify(context)}, getRemainingTimeInMillis: () => endsAt - Date.now() };
      const { batchItemFailures } = await handler(${JSON.stringify(event)}, context);
      if (batchItemFailures.length !== 1) throw new Error("it cannot have been processed");
    }
    console.log(JSON.stringify("answered"));`;
}

function rootOf(invocation: number): string {
  return `1-67891233-abcdef01234567891234567${invocation}`;
}
