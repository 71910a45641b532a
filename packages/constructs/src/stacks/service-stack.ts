// A service: its table, its evidence, and its functions in the order in which messages reach them. Whoever adds a function here names its
// contract; its file, tables, grants, keys, queues and routes follow.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "@essentially-once/messaging/contract";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { projectRoot } from "../bundle/project.ts";
import { type Config, stackProps } from "../config/config.ts";
import { pauseForMove } from "../constructs/evidence-move.ts";
import { JournalProjection } from "../constructs/journal-projection.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { QueueConsumer } from "../constructs/queue-consumer.ts";
import type { Subscription, Wiring } from "../constructs/routes.ts";
import { ServiceTable } from "../constructs/service-table.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "../constructs/unit-of-work-tables.ts";
import type { FoundationStack } from "./foundation-stack.ts";

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
  /** False for a queue that others send to, unsigned and once, past the relay. */
  readonly relayed?: boolean;
  /** Who those others are, unless everybody: ARNs of roles and users, as patterns. The queue refuses the rest, once operators are named. */
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
    { relayed = true, senders, fifo, ...options }: ConsumerOptions = {},
  ): QueueConsumer {
    const consumer = new QueueConsumer(this, idOf(contract), {
      ...this.#fileOf(contract, options),
      ...(fifo !== undefined && { fifo }),
      tables: this.#tables,
      claims: this.foundation.claims,
      sizes: this.#config.sizes,
      ...(relayed
        ? { signingKeys: this.foundation.signingKeys }
        : { senders: senders ?? ("everybody" as const) }),
    });
    this.contracts.push(contract);
    if (relayed) this.subscriptions.push(consumer.subscription);
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

  #fileOf(contract: Contract, { entry, environment = {} }: FunctionOptions) {
    const file = entry ?? `${this.#service}/${contract.name}.ts`;
    if (!existsSync(join(projectRoot, "functions", file))) {
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
