// Writes the traces that `npm test` replays: node packages/proofs/model/write-traces.ts, after a change of the
// specification. Each says which command made it, from which text.
import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandOf, type SimulationOptions, simulate, specification } from "./quint.ts";

/**
 * `eventful`: both messages come several times and are sent several times. `contested`: a commit meets the evidence of
 * another. `troubled`: faults as often as work.
 */
const kept: Readonly<Record<string, SimulationOptions>> = {
  eventful: {
    protocol: "essentiallyOnce",
    invariant: "isNeverEventful",
    step: "mostlyWork",
    seed: 12,
    samples: 3_000,
    steps: 60,
  },
  contested: {
    protocol: "essentiallyOnce",
    invariant: "isNeverContested",
    step: "mostlyWork",
    seed: 3,
    samples: 3_000,
    steps: 60,
  },
  troubled: { protocol: "essentiallyOnce", invariant: "safe", seed: 1, samples: 200, steps: 60 },
};

export const traceNames = Object.keys(kept);

export function traceFile(name: string): string {
  return fileURLToPath(new URL(`${name}.itf.json`, import.meta.url));
}

/** What a trace was made from: a changed specification needs other traces. */
export function digestOfSpecification(): string {
  return hash("sha256", readFileSync(specification, "utf8"));
}

export function digestInTrace(name: string): string | undefined {
  const { "#meta": meta } = JSON.parse(readFileSync(traceFile(name), "utf8")) as Written;
  return meta.specification;
}

interface Written {
  readonly "#meta": Readonly<Record<string, string>>;
  readonly [rest: string]: unknown;
}

async function write(name: string, options: SimulationOptions): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), "quint-")), "trace.itf.json");
  await simulate({ ...options, traceFile: file });
  const written = JSON.parse(readFileSync(file, "utf8")) as Written;
  const [action, , ...settings] = commandOf(options);
  const command = [
    "quint",
    action,
    "essentially-once.qnt",
    ...settings,
    "--mbt",
    `--out-itf=${name}.itf.json`,
  ].join(" ");
  const meta = { format: "ITF", command, specification: digestOfSpecification() };
  writeFileSync(traceFile(name), `${JSON.stringify({ ...written, "#meta": meta })}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, options] of Object.entries(kept)) await write(name, options);
}
