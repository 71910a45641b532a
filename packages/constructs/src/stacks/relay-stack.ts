// RELAY: outbox → journal and queues. The publisher sends messages right after their commit, the sweeper those that it missed.
// They find the consumers in the registry, so this stack does not change with them.
import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type Config, stackProps } from "../config/config.ts";
import { OutboxPublisher } from "../constructs/outbox-publisher.ts";
import { OutboxSweeper } from "../constructs/outbox-sweeper.ts";
import { openRegistry, pathOfRegistry } from "../constructs/registry.ts";
import { checkRoutes, type Wiring } from "../constructs/routes.ts";
import { ScheduleDispatcher } from "../constructs/schedule-dispatcher.ts";
import type { FoundationStack } from "./foundation-stack.ts";

export interface RelayStackOptions {
  readonly config: Config;
  readonly foundation: FoundationStack;
  /** Every stack of this app whose functions publish or accept messages: their contracts are held against each other. */
  readonly services: readonly Wiring[];
}

export class RelayStack extends Stack {
  constructor(scope: Construct, id: string, { config, foundation, services }: RelayStackOptions) {
    super(scope, id, stackProps(config, id, "send the messages in the outbox"));
    checkRoutes(services);
    const { sizes } = config;
    const { outbox, formerOutbox, journal, signingKeys } = foundation;
    const access = { outbox, formerOutbox, journal, signingKeys, sizes };
    const publish = new OutboxPublisher(this, "Publish", access);
    const sweep = new OutboxSweeper(this, "Sweep", access);
    for (const relay of [publish, sweep]) foundation.claims.allowKeeping(relay.function);
    const { schedulesInUse: schedules } = foundation;
    if (schedules) new ScheduleDispatcher(this, "Dispatch", { schedules, outbox, sizes });
    openRegistry(this, sizes);
    // After them: what opens the registry must not come before what it says is complete.
    for (const service of services) if (service instanceof Stack) this.addStackDependency(service);
    new CfnOutput(this, "RegistryPath", { value: pathOfRegistry(sizes) }); // for `npm run outbox` and `npm run routes`
  }
}
