// RELAY: outbox → journal and queues. The publisher sends what was just committed, the sweeper what was left behind.
import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type Config, stackProps } from "../config/config.ts";
import { OutboxPublisher } from "../constructs/outbox-publisher.ts";
import { OutboxSweeper } from "../constructs/outbox-sweeper.ts";
import { authorsOf, joinRoutes, routesJson, type Wiring } from "../constructs/routes.ts";
import type { FoundationStack } from "./foundation-stack.ts";

export interface RelayStackOptions {
  readonly config: Config;
  readonly foundation: FoundationStack;
  /** Every stack whose functions publish or accept messages. */
  readonly services: readonly Wiring[];
}

export class RelayStack extends Stack {
  constructor(scope: Construct, id: string, { config, foundation, services }: RelayStackOptions) {
    super(scope, id, stackProps(config, id, "send what the outbox holds"));
    const { sizes } = config;
    const { outbox, formerOutbox, journal, signingKeys } = foundation;
    const access = {
      outbox,
      formerOutbox,
      journal,
      signingKeys,
      routes: joinRoutes(services),
      authors: authorsOf(services),
    };
    const inlineTables = services.flatMap((service) => service.inlineTables ?? []);
    const publish = new OutboxPublisher(this, "Publish", { ...access, sizes, inlineTables });
    const sweep = new OutboxSweeper(this, "Sweep", { ...access, sizes });
    for (const relay of [publish, sweep]) foundation.claims.allowKeeping(relay.function);
    // For `npm run outbox`.
    new CfnOutput(this, "Routes", { value: routesJson(this, access.routes) });
    new CfnOutput(this, "Authors", { value: this.toJsonString(Object.fromEntries(access.authors)) });
  }
}
