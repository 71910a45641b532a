// The directory in which a running local cloud keeps its assembly and records that it runs: `.local-cloud/`.
//
//   The first one uses `.local-cloud/` itself, and the operator's commands find it there. A second one uses
//   `.local-cloud/<process id>/`, so neither overwrites the files of the other.
//   A directory is free when its process has ended, or when nothing answers at its endpoint: another process may have the
//   same process id by now.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CLOUD_FILE,
  type CloudFile,
  isRunning,
  readCloudFile,
} from "@essentially-once/operator/internal/connect/connection";

export interface CloudDirectory {
  readonly directory: string;
  readonly cloudFile: string;
  readonly assemblyDirectory: string;
  /** The process that has the first place, when this is not it. */
  readonly beside?: number;
  /** Tells the operator's commands where everything is. */
  announce(cloud: Required<Omit<CloudFile, "processId">>): void;
  leave(): void;
}

const ANSWER_MS_MAX = 1_000;
const OWNER_ONLY = 0o700;

export async function takeCloudDirectory(
  projectDirectory: string,
  processId = process.pid,
): Promise<CloudDirectory> {
  const firstFile = join(projectDirectory, CLOUD_FILE);
  const owner = await ownerOf(firstFile);
  const isFirst = owner === undefined || owner === processId;
  const first = join(firstFile, "..");
  const directory = isFirst ? first : join(first, `${processId}`);
  const cloudFile = isFirst ? firstFile : join(directory, "cloud.json");
  mkdirSync(directory, { recursive: true, mode: OWNER_ONLY }); // what runs and is deployed from it
  writeFileSync(cloudFile, JSON.stringify({ processId } satisfies CloudFile));
  return {
    directory,
    cloudFile,
    assemblyDirectory: join(directory, "cdk.out"),
    ...(!isFirst && { beside: owner }),
    announce(cloud) {
      writeFileSync(cloudFile, JSON.stringify({ processId, ...cloud } satisfies CloudFile, undefined, 2));
    },
    leave() {
      rmSync(isFirst ? cloudFile : directory, { recursive: true, force: true });
    },
  };
}

async function ownerOf(file: string): Promise<number | undefined> {
  const cloud = readable(file);
  if (!cloud || !isRunning(cloud.processId)) return undefined;
  return !cloud.endpoints || (await answers(cloud.endpoints.sqs)) ? cloud.processId : undefined;
}

/** Any answer will do. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) }).then(
    () => true,
    () => false,
  );
}

function readable(file: string): CloudFile | undefined {
  try {
    return readCloudFile(file);
  } catch {
    return undefined; // half a file, of a process that was killed while it wrote
  }
}
