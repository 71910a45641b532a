// Writes the diagram of the sample's process into docs/processes.md: node packages/proofs/documents/process-diagram.ts
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { diagramOf } from "@essentially-once/messaging/process-diagram";
import { settleOrder } from "../../../functions/orders/order.ts";

const document = fileURLToPath(new URL("../../../docs/processes.md", import.meta.url));
const begin = "<!-- process: written by packages/proofs/documents/process-diagram.ts -->";
const end = "<!-- /process -->";

/** The document as it is, and as it must be. */
export function processDocument(): { readonly is: string; readonly mustBe: string } {
  const is = readFileSync(document, "utf8");
  const [before = "", rest = ""] = is.split(begin);
  const [, after = ""] = rest.split(end);
  return { is, mustBe: `${before}${begin}\n${diagramOf(settleOrder)}\n${end}${after}` };
}

if (import.meta.main) writeFileSync(document, processDocument().mustBe);
