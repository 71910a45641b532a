// A service: its table, and its functions in the order in which messages reach them. Whoever adds a function here says
// what it accepts and publishes; tables, grants, keys, queues and routes follow.
import { CfnOutput, Stack } from "aws-cdk-lib";
import { StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { type Config, stackProps } from "./config.ts";
import { JournalProjection } from "./constructs/journal-projection.ts";
import { NodeFunction } from "./constructs/node-function.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "./constructs/unit-of-work-tables.ts";
import type { FoundationStack } from "./foundation-stack.ts";
import type { Publication, Subscription, Wiring } from "./routes.ts";

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
  /** The file below `functions/` that exports `handler`. */
  readonly entry: string;
  /** Types of the messages that the handler may publish. */
  readonly publishes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ConsumerOptions extends FunctionOptions {
  /** Types of the messages that come to its queue. */
  readonly accepts: readonly string[];
  /** The messages of a key arrive in the order of their sending. */
  readonly fifo?: boolean;
  /** False for a queue that others send to, unsigned and once, past the relay. */
  readonly relayed?: boolean;
}

export class ServiceStack extends Stack implements Wiring {
  readonly publications: Publication[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly inlineTables: readonly ServiceTable[];
  readonly foundation: FoundationStack;
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
    this.#config = config;
    const { evidence, outbox } = foundation;
    this.#tables = { state: { variable: tableVariable(id), table }, evidence, outbox };
    new CfnOutput(this, `${id}Table`, { value: table.tableName });
  }

  /** A function behind a URL of its own, for callers whom IAM allows. */
  addEndpoint(id: string, { entry, publishes = [], environment = {} }: FunctionOptions): NodeFunction {
    const endpoint = new NodeFunction(this, id, { ...this.#config.sizes, entry, environment });
    useUnitOfWorkTables(endpoint, this.#tables);
    const { url } = endpoint.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
    this.publications.push({ producer: endpoint.node.path, types: publishes });
    new CfnOutput(this, `${id}Url`, { value: url });
    return endpoint;
  }

  /** A function with a queue, and a dead-letter queue, of its own. */
  addConsumer(id: string, { relayed = true, ...options }: ConsumerOptions): QueueConsumer {
    const consumer = new QueueConsumer(this, id, {
      ...options,
      tables: this.#tables,
      sizes: this.#config.sizes,
      ...(relayed && { signingKeys: this.foundation.signingKeys }),
    });
    this.publications.push(consumer.publication);
    if (relayed) this.subscriptions.push(consumer.subscription);
    return consumer;
  }

  /**
   * Types that no function here publishes: rows of the outbox that somebody else commits, or a function still to come.
   * Without this a consumer that accepts them is refused.
   */
  expectFromElsewhere(...types: readonly string[]): void {
    this.publications.push({ producer: `${this.node.path}, from elsewhere`, types });
  }

  /** A function that pulls every message from the journal, and can begin again at the first. */
  addProjection(
    id: string,
    { entry, environment = {} }: Omit<FunctionOptions, "publishes">,
  ): JournalProjection {
    const { journal } = this.foundation;
    const { sizes } = this.#config;
    return new JournalProjection(this, id, { entry, environment, journal, tables: this.#tables, sizes });
  }
}

/** `LineItems` → `LINE_ITEMS_TABLE`. */
function tableVariable(id: string): string {
  return `${id.replace(/([a-z\d])(?=[A-Z])/g, "$1_").toUpperCase()}_TABLE`;
}
