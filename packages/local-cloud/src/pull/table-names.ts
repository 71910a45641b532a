// Which table of a stage stands for which table here: by the stack's service and the key of its output.

import type { Outputs } from "@essentially-once/operator/internal/connect/connection";
import type { Deployment } from "../model/model.ts";
import { tableArn } from "../model/names.ts";
import type { LocalTable } from "./stage-items.ts";

export function localTables(
  { outputs, pathsByArn }: Pick<Deployment, "outputs" | "pathsByArn">,
  stage: Outputs,
): Map<string, LocalTable> {
  const tables = new Map<string, LocalTable>();
  for (const [arn, path] of pathsByArn) {
    const name = /:table\/([^/]+)$/.exec(arn)?.[1];
    if (name !== undefined) tables.set(name, { name: path });
  }
  const onStage = new Map(named(stage).map(({ place, value }) => [place, value]));
  for (const { place, key, value } of named(outputs)) {
    if (!pathsByArn.has(tableArn(value))) continue;
    const other = onStage.get(place);
    tables.set(value, { name: key, ...(other !== undefined && { onStage: other }) });
  }
  return tables;
}

/** Stacks are called after their stage and their service: `EssentiallyOnce-prod-Credit`. */
function named(outputs: Outputs) {
  return Object.entries(outputs).flatMap(([stack, values]) =>
    Object.entries(values)
      .filter(([key]) => key.endsWith("Table"))
      .map(([key, value]) => ({ place: `${stack.split("-").at(-1)}.${key}`, key, value })),
  );
}
