// All kinds, and what this release makes of one that was recorded.
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import { setClock } from "@essentially-once/messaging/internal/core/clock";
import { evidenceKinds } from "./evidence.ts";
import type { Kind } from "./kinds.ts";
import { pulledKinds } from "./pulled.ts";
import { openStage, type Stored } from "./stage.ts";
import { transportKinds } from "./transport.ts";

export const kinds: readonly Kind[] = [...evidenceKinds, ...transportKinds, ...pulledKinds];

export interface Recorded {
  readonly version: string;
  /** RFC 3339: by then it is read, and not by today. */
  readonly at: string;
  readonly given: unknown;
  readonly stored: Stored;
}

/** With the clock of the recording, or as much later as the kind says. */
export async function readLater(clients: LocalClients, kind: Kind, recorded: Recorded): Promise<unknown> {
  const stage = await openStage(clients, kind.name, kind);
  const aheadMs = Date.parse(recorded.at) + (kind.laterMs ?? 1_000) - Date.now();
  const restore = setClock(() => Date.now() + aheadMs);
  try {
    await stage.load(recorded.stored);
    return JSON.parse(JSON.stringify(await kind.read(stage, recorded.given as never)));
  } finally {
    restore();
    await stage.close();
  }
}
