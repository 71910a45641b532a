// A service: its table, its evidence, and its functions in the order in which messages reach them. A stack adds a function by
// its contract; its file, tables, grants, keys, queues and routes follow from it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "@essentially-once/messaging/contract";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { projectRoot } from "../bundle/project.ts";
import { type Config, stackProps } from "../config/config.ts";
import { pauseForMove } from "../constructs/evidence-move.ts";
import { JournalProjection } from "../constructs/journal-projection.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { OutboxPublisher } from "../constructs/outbox-publisher.ts";
import { QueueConsumer } from "../constructs/queue-consumer.ts";
import { type QueueSource, requireSource } from "../constructs/queue-sources.ts";
import { ContractRegistration } from "../constructs/registry.ts";
import type { Subscription, Wiring } from "../constructs/routes.ts";
import { ServiceTable, type ServiceTableOptions } from "../constructs/service-table.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "../constructs/unit-of-work-tables.ts";
import type { Foundation } from "./shared-foundation.ts";

/** What `bin/app.ts` gives each service. */
export interface ServiceOptions {
  readonly config: Config;
  /** Of this app, or another's: SharedFoundation. */
  readonly foundation: Foundation;
}

export interface ServiceStackOptions extends ServiceOptions {
  /** In the stack's description. */
  readonly purpose: string;
  /** Items of the table carry messages of their own, because a handler has `inline()`: a publisher reads its stream. */
  readonly messagesInItems?: boolean;
  readonly table?: TableOptions;
}

/** How the service's table differs from one whose items are found by `id` alone. */
export interface TableOptions extends Pick<ServiceTableOptions, "sortKey" | "indexes"> {
  /** Its functions may delete items of it. */
  readonly deletesItems?: boolean;
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
   * The principals that may send to the queue of a contract with a `from`: ARNs of roles and users, as patterns; by default
   * all. The queue refuses the others once operators are named.
   */
  readonly senders?: readonly string[] | undefined;
  /** The limits that its handler's `rate({ key })` and `breaker({ key })` name; all consumers of the service share them. */
  readonly limits?: readonly string[];
}

export class ServiceStack extends Stack implements Wiring {
  readonly contracts: Contract[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly elsewhere: MessageType[] = [];
  readonly foundation: Foundation;
  readonly #service: string;
  readonly #config: Config;
  readonly #tables: UnitOfWorkTables;
  readonly #inlineTable: ServiceTable | undefined;

  /** The table's name is in the functions' environment as `ORDERS_TABLE`, when `id` is `Orders`. */
  constructor(scope: Construct, id: string, options: ServiceStackOptions) {
    const { config, foundation, purpose, messagesInItems = false } = options;
    const { deletesItems = false, ...keys } = options.table ?? {};
    super(scope, id, stackProps(config, id, purpose));
    if (messagesInItems && keys.sortKey) {
      throw new Error(
        `${this.node.path}: messagesInItems needs a table without a sort key, because inline() finds items by id alone`,
      );
    }
    const table = new ServiceTable(this, "Table", {
      ...config.sizes,
      ...keys,
      ...(messagesInItems && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    this.foundation = foundation;
    this.#inlineTable = messagesInItems ? table : undefined;
    this.#service = words(id).join("-").toLowerCase();
    this.#config = config;
    const evidence = new ServiceTable(this, "Evidence", {
      ...config.sizes,
      timeToLiveAttribute: "expiresAt", // evidence is kept longer than any message can be redelivered
    });
    this.#tables = {
      state: { variable: tableVariable(id), table, isQueried: Object.keys(keys).length > 0, deletesItems },
      evidence: (config.moveEvidence === "pause" && foundation.formerEvidence) || evidence,
      outbox: foundation.outbox,
      schedules: () => foundation.schedules,
    };
    if (config.moveEvidence !== undefined) pauseForMove(this, { evidence, contracts: this.contracts });
    if (messagesInItems) this.#publishItemsOf(table);
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
    this.#register(contract);
    new CfnOutput(this, `${id}Url`, { value: url });
    return endpoint;
  }

  /** A function with a queue, and a dead-letter queue, of its own. */
  addConsumer(
    contract: Contract,
    { source, queue, senders, limits = [], fifo = queue?.fifo ?? false, ...options }: ConsumerOptions = {},
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
      limits,
      sizes: this.#config.sizes,
      ...(isRelayed
        ? { signingKeys: this.foundation.signingKeys }
        : { senders: senders ?? (source ? [] : ("everybody" as const)) }),
    });
    source?.fill({ scope: consumer, contract, ...consumer.redriveQueue.queues });
    if (isRelayed) this.subscriptions.push(consumer.subscription);
    this.#register(contract, { limits, ...(isRelayed && { queue: consumer.redriveQueue.queue }) });
    return consumer;
  }

  /**
   * Types that no function of this app publishes: another app does, or a function still to come. Without this a consumer that
   * accepts them is refused.
   */
  expectFromElsewhere(...types: readonly MessageType[]): void {
    this.elsewhere.push(...types);
  }

  /** Types that no function of this app accepts, because a consumer of another one does. */
  acceptedElsewhere(...types: readonly MessageType[]): void {
    this.elsewhere.push(...types);
  }

  /** A function that pulls every message from the journal, and can begin again at the first. */
  addProjection(contract: Contract, options: FunctionOptions = {}): JournalProjection {
    this.#requireNoFrom(contract);
    const { journal } = this.foundation;
    const { sizes } = this.#config;
    this.#register(contract);
    return new JournalProjection(this, idOf(contract), {
      ...this.#fileOf(contract, options),
      journal,
      tables: this.#tables,
      sizes,
    });
  }

  /** Tells the relay. What older releases of it import stays exported until none is deployed any more: the release after this. */
  #register(
    contract: Contract,
    { queue, limits }: { queue?: IQueue; limits?: readonly string[] } = {},
  ): void {
    this.contracts.push(contract);
    new ContractRegistration(this, `${idOf(contract)}Registration`, {
      contract,
      ...{ queue, limits },
      inlineTable: this.#inlineTable,
      elsewhere: this.elsewhere,
      sizes: this.#config.sizes,
    });
    if (queue) for (const imported of [queue.queueUrl, queue.queueArn]) this.exportValue(imported);
  }

  /** In this stack, so that no other stack has to import the stream of its table. */
  #publishItemsOf(table: ServiceTable): void {
    const { outbox, journal, signingKeys, claims } = this.foundation;
    const { sizes } = this.#config;
    const inline = { table, service: this.#service };
    const publish = new OutboxPublisher(this, "PublishItems", {
      outbox,
      journal,
      signingKeys,
      sizes,
      inline,
    });
    claims.allowKeeping(publish.function);
    for (const imported of [table.tableName, table.tableStreamArn]) this.exportValue(imported); // as in #register
  }

  #requireNoFrom({ name, from }: Contract): void {
    if (from)
      throw new Error(
        `${this.node.path}: contract ${name} has \`from\`, which only a queue consumer may have`,
      );
  }

  #fileOf(contract: Contract, { entry, environment = {} }: FunctionOptions) {
    const file = entry ?? `${this.#service}/${contract.name}.ts`;
    if (!existsSync(join(projectRoot, "functions", file))) {
      throw new Error(
        `${this.node.path}: functions/${file} must export the handler of ${contract.name}, but the file does not exist: ` +
          `create it, or name another file as \`entry\``,
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
