// Engines of their own for a run with kills: they outlive the local cloud, and the one that keeps the tables can be
// killed and started again on what it has written. Queues and objects are in the memory of their engine and would be
// gone, which SQS never does; so that engine is not killed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Dynoxide, startDynoxide } from "@essentially-once/local-cloud/internal/engines/dynoxide";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";

export interface KillableEngines {
  /** SIGKILL to the tables' engine, and after a while another at the same endpoint and on the same files. */
  killTables(): Promise<void>;
  tablesProcessId(): number;
  stop(): Promise<void>;
}

const downMs = 400;

/** Names the engines in the environment, where the local cloud finds them. */
export async function startKillableEngines(): Promise<KillableEngines> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "essentially-once-tables-"));
  let tables: Dynoxide = await startDynoxide({ dataDirectory });
  const { endpoint } = tables;
  process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
  const others = await startEngines();
  process.env.AWS_ENDPOINT_URL_SQS = others.endpoints.sqs;
  process.env.AWS_ENDPOINT_URL_S3 = others.endpoints.s3;
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = others.endpoints.secretsManager;
  return {
    async killTables() {
      process.kill(tables.processId, "SIGKILL");
      await tables.stop();
      await sleep(downMs);
      tables = await startDynoxide({ dataDirectory, endpoint });
    },
    tablesProcessId: () => tables.processId,
    async stop() {
      await Promise.all([tables.stop(), others.stop()]);
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
