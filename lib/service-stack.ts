// A service: its table, its evidence, and its functions in the order in which messages reach them. Whoever adds a function here names its
// contract; its file, tables, grants, keys, queues and routes follow.
import { existsSync } from "node:fs";
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Contract } from "../functions/messaging/contract.ts";
import type { MessageType } from "../functions/messaging/message-type.ts";
import { type Config, stackProps } from "./config.ts";
import { pauseForMove } from "./constructs/evidence-move.ts";
import { JournalProjection } from "./constructs/journal-projection.ts";
import { NodeFunction } from "./constructs/node-function.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { type QueueSource, requireSource } from "./constructs/queue-sources.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "./constructs/unit-of-work-tables.ts";
import type { FoundationStack } from "./foundation-stack.ts";
import type { Subscription, Wiring } from "./routes.ts";

/** What `bin/app.ts` gives each service. */
export interface ServiceOptions {
  readonly config: Config;
  readonly foundation: FoundationStack;
}

export interface ServiceStackOptions extends ServiceOptions {
  /** In the stack's description. */
  readonly purpose: string;
  /** Items of the table carry messages of their own, because a handler has `inline()`; so the relay reads its stream. */
  readonly messagesInItems?: boolean;
}

export interface FunctionOptions {
  /** The file below `functions/` that exports `handler`; `credit/reserve-credit.ts` for `reserve-credit` of the stack Credit. */
  readonly entry?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ConsumerOptions extends FunctionOptions {
  /** The messages of a key arrive in the order of their sending. */
  readonly fifo?: boolean;
  /** What fills the queue of a contract with a `from`: `topicSource(…)`, `busSource(…)`, `bucketSource(…)`. */
  readonly source?: QueueSource;
  /** A queue that is there already, and that others fill: `Queue.fromQueueArn(…)`. docs/existing-queues.md says what cannot be checked. */
  readonly queue?: IQueue;
  /**
   * Who sends to the queue of a contract with a `from`, unless everybody: ARNs of roles and users, as patterns. The queue
   * refuses the rest, once operators are named.
   */
  readonly senders?: readonly string[] | undefined;
}

export class ServiceStack extends Stack implements Wiring {
  readonly contracts: Contract[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly expected: MessageType[] = [];
  readonly inlineTables: readonly ServiceTable[];
  readonly foundation: FoundationStack;
  readonly #service: string;
  readonly #config: Config;
  readonly #tables: UnitOfWorkTables;

  /** The table's name is in the functions' environment as `ORDERS_TABLE`, when `id` is `Orders`. */
  constructor(scope: Construct, id: string, options: ServiceStackOptions) {
    const { config, foundation, purpose, messagesInItems = false } = options;
    super(scope, id, stackProps(config, id, purpose));
    const table = new ServiceTable(this, "Table", {
      ...config.sizes,
      ...(messagesInItems && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    this.foundation = foundation;
    this.inlineTables = messagesInItems ? [table] : [];
    this.#service = words(id).join("-").toLowerCase();
    this.#config = config;
    const evidence = new ServiceTable(this, "Evidence", {
      ...config.sizes,
      timeToLiveAttribute: "expiresAt", // evidence is kept longer than any message can be redelivered
    });
    this.#tables = {
      state: { variable: tableVariable(id), table },
      evidence: (config.moveEvidence === "pause" && foundation.formerEvidence) || evidence,
      outbox: foundation.outbox,
    };
    if (config.moveEvidence !== undefined) pauseForMove(this, { evidence, contracts: this.contracts });
    new CfnOutput(this, `${id}Table`, { value: table.tableName });
    new CfnOutput(this, `${id}EvidenceTable`, { value: evidence.tableName });
  }

  /** A function behind a URL of its own, for callers whom IAM allows. */
  addEndpoint(contract: Contract<readonly [MessageType]>, options: FunctionOptions = {}): NodeFunction {
    this.#requireNoFrom(contract);
    const id = idOf(contract);
    const endpoint = new NodeFunction(this, id, {
      ...this.#config.sizes,
      ...this.#fileOf(contract, options),
    });
    useUnitOfWorkTables(endpoint, this.#tables);
    const { url } = endpoint.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
    this.contracts.push(contract);
    new CfnOutput(this, `${id}Url`, { value: url });
    return endpoint;
  }

  /** A function with a queue, and a dead-letter queue, of its own. */
  addConsumer(
    contract: Contract,
    { source, queue, senders, fifo = queue?.fifo ?? false, ...options }: ConsumerOptions = {},
  ): QueueConsumer {
    const id = idOf(contract);
    const path = `${this.node.path}/${id}`;
    requireSource(path, contract, { ...(source && { source }), fifo, isExisting: queue !== undefined });
    const isRelayed = contract.from === undefined;
    const consumer = new QueueConsumer(this, id, {
      ...this.#fileOf(contract, options),
      fifo,
      ...(queue && { queue }),
      tables: this.#tables,
      claims: this.foundation.claims,
      sizes: this.#config.sizes,
      ...(isRelayed
        ? { signingKeys: this.foundation.signingKeys }
        : { senders: senders ?? (source ? [] : ("everybody" as const)) }),
    });
    source?.fill({ scope: consumer, contract, ...consumer.redriveQueue.queues });
    this.contracts.push(contract);
    if (isRelayed) this.subscriptions.push(consumer.subscription);
    return consumer;
  }

  /**
   * Types that no function here publishes: rows of the outbox that somebody else commits, or a function still to come.
   * Without this a consumer that accepts them is refused.
   */
  expectFromElsewhere(...types: readonly MessageType[]): void {
    this.expected.push(...types);
  }

  /** A function that pulls every message from the journal, and can begin again at the first. */
  addProjection(contract: Contract, options: FunctionOptions = {}): JournalProjection {
    this.#requireNoFrom(contract);
    const { journal } = this.foundation;
    const { sizes } = this.#config;
    this.contracts.push(contract);
    return new JournalProjection(this, idOf(contract), {
      ...this.#fileOf(contract, options),
      journal,
      tables: this.#tables,
      sizes,
    });
  }

  #requireNoFrom({ name, from }: Contract): void {
    if (from)
      throw new Error(`${this.node.path}: ${name} has a \`from\`, which only a consumer of a queue may have`);
  }

  #fileOf(contract: Contract, { entry, environment = {} }: FunctionOptions) {
    const file = entry ?? `${this.#service}/${contract.name}.ts`;
    if (!existsSync(new URL(`../functions/${file}`, import.meta.url))) {
      throw new Error(
        `${this.node.path}: functions/${file} must export the handler of ${contract.name}, and there is no such file: ` +
          `make it, or name another as \`entry\``,
      );
    }
    return { contract, entry: file, environment };
  }
}

/** `reserve-credit` → `ReserveCredit`. */
function idOf({ name }: Contract): string {
  return name.replace(/(^|-)([a-z\d])/g, (_all, _hyphen, first: string) => first.toUpperCase());
}

/** `LineItems` → `LINE_ITEMS_TABLE`. */
function tableVariable(id: string): string {
  return `${words(id).join("_").toUpperCase()}_TABLE`;
}

function words(id: string): string[] {
  return id.split(/(?<=[a-z\d])(?=[A-Z])/);
}
