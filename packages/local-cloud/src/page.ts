// The page of a running local cloud, served by `@essentially-once/console` where that is installed. It is found by name and not
// imported: the console is built on the local cloud.

import type { LocalCloud } from "./cloud.ts";
import type { Emit } from "./model/events.ts";
import type { Outside } from "./trial/send/outside.ts";

export interface CloudPage {
  /** Hears every event of the local cloud, from its start. */
  readonly note: Emit;
  serve(served: Served): Promise<{ readonly address: string; stop(): Promise<void> }>;
}

export interface Served {
  readonly cloud: LocalCloud;
  /** Other services that functions call, by the setting that names each. */
  readonly outsides: ReadonlyMap<string, Outside>;
  /** Absent or 0: a free one. */
  readonly port?: number;
}

const PAGE = "@essentially-once/console/cloud-page";

/** Undefined where the console is not installed. */
export async function findPage(name = PAGE): Promise<CloudPage | undefined> {
  try {
    const { cloudPage } = (await import(name)) as { cloudPage(): CloudPage };
    return cloudPage();
  } catch (error) {
    if (isMissing(error, name)) return undefined;
    throw error;
  }
}

/** It, and nothing that it imports. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) return false;
  return error.message.includes(`'${name.split("/").slice(0, 2).join("/")}'`);
}
