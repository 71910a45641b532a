import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compared } from "@essentially-once/bench/bundle-size";
import { EsbuildBundling } from "@essentially-once/constructs/bundle";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

// A file of the bundle that cannot be loaded must be no way to lose a message.

const noMessage = anSqsRecord("{");
const again = { ...noMessage.attributes, ApproximateReceiveCount: "2" };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "loaded-later-"));
  for (const name of ["QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "EVIDENCE_TABLE", "ORDERED_OUTBOX_TABLE"]) {
    vi.stubEnv(name, "http://127.0.0.1:9/000000000000/nowhere");
  }
  vi.stubEnv("SIGNING_SECRET_ARN", "nowhere");
  vi.stubEnv("MAX_RECEIVE_COUNT", "5");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it("G6: a failure that nothing could be loaded for gives its record back to the queue", async () => {
  const handler = await bundledWithout("failed-record");
  const write = vi.spyOn(process.stdout, "write");
  const { batchItemFailures } = await handler(anSqsEvent(noMessage), aContext());
  expect(batchItemFailures).toEqual([{ itemIdentifier: noMessage.messageId }]);
  expect(write).toHaveBeenCalledWith(expect.stringContaining("FAILURE_NOT_SETTLED"));
});

it("G5: a redelivered batch is not run without the isolation of its suspects: it fails as a whole", async () => {
  const handler = await bundledWithout("redelivery");
  const batch = anSqsEvent({ ...noMessage, attributes: again });
  await expect(handler(batch, aContext())).rejects.toThrow(/Cannot find module/);
});

it("G4: a batch of a FIFO queue is not run without its order: it fails as a whole", async () => {
  const handler = await bundledWithout("fifo-order");
  const batch = anSqsEvent({ ...noMessage, eventSourceARN: `${noMessage.eventSourceARN}.fifo` });
  await expect(handler(batch, aContext())).rejects.toThrow(/Cannot find module/);
});

/** The handler of a whole consumer, as it is deployed, but for one file. */
async function bundledWithout(name: string) {
  new EsbuildBundling(compared.kit).tryBundle(directory);
  const [file = "", ...more] = readdirSync(directory).filter((one) => one.startsWith(`${name}-`));
  expect(more).toEqual([`${file}.map`]);
  rmSync(join(directory, file));
  const { handler } = await import(pathToFileURL(join(directory, "index.mjs")).href);
  return handler as (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
}

it("a consumer that is no process carries none of its code", async () => {
  const inputs = async (entry: string) => {
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      packages: "bundle",
      external: ["@aws-sdk/*", "@smithy/*", "zod", "@middy/core"],
    });
    return Object.keys(metafile.inputs).filter((file) => /messaging\/src\/process\//.test(file));
  };
  expect(await inputs("functions/credit/reserve-credit.ts")).toEqual([]);
  expect((await inputs("functions/orders/settle-order.ts")).length).toBeGreaterThan(3);
});
