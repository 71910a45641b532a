// The generations of a projection: one serves, another may be built from offset 0 beside it and then take over.
// Everything a generation owns carries its name, so neither sees the other's state.
//
//   G10. A projection can be rebuilt from zero while it serves.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { kitsOwn, requireFreeKind } from "../commit/reserved-keys.ts";
import { type Versioned, type VersionedTable, versionedTable } from "../commit/versioned-table.ts";

export interface Generations {
  readonly serving: number;
  readonly building?: number;
}

export interface GenerationStore {
  read(): Promise<Generations>;
  /** Begins to build the next generation; while one is being built, that one goes on. */
  rebuild(): Promise<Generations>;
  /** Lets the generation that was built serve, unless somebody else did. */
  serve(built: Generations): Promise<void>;
}

/** The state of one generation: `state<Statement>("statement").get(customerId)`. */
export type ProjectionState = <Item extends Versioned>(kind: string) => VersionedTable<Item>;

export interface ProjectionPlace {
  readonly name: string;
  readonly table: string;
  readonly client?: () => DynamoDBClient;
}

export function generationStore({ name, table, client = dynamodb }: ProjectionPlace): GenerationStore {
  const id = `${name}#generations`;
  return {
    async read() {
      const { Item } = await client().send(
        new GetItemCommand({ TableName: table, Key: marshall({ id }), ConsistentRead: true }),
      );
      return Item === undefined ? { serving: 1 } : readGenerations(id, Item);
    },

    async rebuild() {
      const { serving, building } = await this.read();
      if (building === undefined) await put({ serving, building: serving + 1 }, { serving });
      return this.read();
    },

    async serve(built) {
      if (built.building !== undefined) await put({ serving: built.building }, built);
    },
  };

  /** A lost race, or a lost answer that the SDK asked for again, leaves what another read will show. */
  async function put(next: Generations, { serving, building }: Generations): Promise<void> {
    const stillServing =
      serving === 1 ? "(attribute_not_exists(id) OR serving = :serving)" : "serving = :serving";
    const stillBuilding = building === undefined ? "attribute_not_exists(building)" : "building = :building";
    try {
      await client().send(
        new PutItemCommand({
          TableName: table,
          Item: marshall({ id, ...next }),
          ConditionExpression: `${stillServing} AND ${stillBuilding}`,
          ExpressionAttributeValues: marshall(
            { ":serving": serving, ":building": building },
            { removeUndefinedValues: true },
          ),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

/** @throws Error naming the item: a projection must not begin anew because somebody wrote into it */
function readGenerations(id: string, item: Record<string, AttributeValue>): Generations {
  const { serving, building } = unmarshall(item);
  const isNumber = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1;
  if (!isNumber(serving) || !(building === undefined || isNumber(building))) {
    throw new Error(
      `the item ${id} must have the numbers of the serving and building generations, got ` +
        `serving ${typeof serving} and building ${typeof building}: it was not written by the kit`,
    );
  }
  return { serving, ...(building === undefined ? {} : { building }) };
}

/** What every item of a generation is named after. */
export function generationPrefix(name: string, generation: number): string {
  return `${name}@${generation}`;
}

export function stateOf({ name, table, client }: ProjectionPlace, generation: number): ProjectionState {
  return function tableOf<Item extends Versioned>(kind: string) {
    requireFreeKind(kind);
    const prefix = `${generationPrefix(name, generation)}#${kind}#`;
    const items = versionedTable<Versioned>(table, client);
    return {
      async get(id) {
        const item = await items.get(prefix + id);
        return item === undefined ? undefined : ({ ...item, id } as Item);
      },
      save(item) {
        return kitsOwn(items.save({ ...item, id: prefix + item.id }));
      },
    };
  };
}

/**
 * What readers of a projection read: the state of the generation that serves now.
 * ```ts
 * const state = await servingState({ name: "build-statement", table });
 * const statement = await state<Statement>("statement").get(customerId);
 * ```
 */
export async function servingState(place: ProjectionPlace): Promise<ProjectionState> {
  return stateOf(place, (await generationStore(place).read()).serving);
}
