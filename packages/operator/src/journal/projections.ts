// Reads the position of each projection in the journal: from the stacks' outputs, where each projection `X` has
// `XProjection` and `XProjectionTable`, and from the offsets in that table.
//
//   G10. Reading an offset moves nothing; a rebuild begins a new generation and leaves the serving one alone.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type GenerationStore,
  generationPrefix,
  generationStore,
} from "@essentially-once/messaging/internal/pull/generation";
import { offsets } from "@essentially-once/messaging/internal/pull/offset";
import type { Outputs } from "../connect/connection.ts";
import { UsageError } from "../terminal/usage-error.ts";

export interface ProjectionTable {
  /** `BuildStatement` */
  readonly projection: string;
  /** `build-statement`: what it calls itself beside its offsets. */
  readonly name: string;
  readonly table: string;
}

export interface PartitionOffset {
  readonly projection: string;
  readonly generation: number;
  readonly role: "serving" | "building";
  readonly partition: number;
  /** The last entry that is done. */
  readonly offset: number;
  readonly head: number;
  readonly lag: number;
}

const projectionOutput = /^(?<projection>.+)ProjectionTable$/;

export function projectionsOf(outputs: Outputs): ProjectionTable[] {
  return Object.values(outputs)
    .flatMap((stack) =>
      Object.entries(stack).flatMap(([key, table]) => {
        const projection = projectionOutput.exec(key)?.groups?.projection;
        const name = stack[`${projection}Projection`];
        return projection && name ? [{ projection, name, table }] : [];
      }),
    )
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** `build-statement` and `BuildStatement` name the same. @throws UsageError naming those there are */
export function projectionNamed(projections: readonly ProjectionTable[], given: string): ProjectionTable {
  const found = projections.find(({ name, projection }) => name === given || projection === given);
  if (found) return found;
  const names =
    projections.map((one) => one.name).join(", ") ||
    "none: no stack has the outputs XProjection and XProjectionTable";
  throw new UsageError(`The projection must be one of ${names}, got ${JSON.stringify(given)}.`);
}

export function generationsOf(dynamodb: DynamoDBClient, { name, table }: ProjectionTable): GenerationStore {
  return generationStore({ name, table, client: () => dynamodb });
}

/** Of every generation that pulls, partition by partition. */
export async function readOffsets(
  dynamodb: DynamoDBClient,
  projection: ProjectionTable,
  heads: ReadonlyMap<number, number>,
): Promise<PartitionOffset[]> {
  const { serving, building } = await generationsOf(dynamodb, projection).read();
  const generations = [
    { generation: serving, role: "serving" as const },
    ...(building === undefined ? [] : [{ generation: building, role: "building" as const }]),
  ];
  const lists = generations.map(async ({ generation, role }) => {
    const prefix = generationPrefix(projection.name, generation);
    const places = offsets({ table: projection.table, prefix, client: () => dynamodb });
    return Promise.all(
      [...heads].map(async ([partition, head]) => {
        const offset = await places.read(partition);
        return {
          projection: projection.name,
          generation,
          role,
          partition,
          offset,
          head,
          lag: Math.max(0, head - offset),
        };
      }),
    );
  });
  return (await Promise.all(lists)).flat();
}

export function lagOf(offsetsRead: readonly PartitionOffset[]): number {
  return offsetsRead.reduce((sum, { lag }) => sum + lag, 0);
}
