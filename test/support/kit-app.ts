// What the kit is tested in: one service of each kind, wired by the constructs that users wire theirs with. It stays
// when the sample goes.
//
//   ask ─► Asked ─► standard ─► Taken ─► ordered (FIFO) ─► Approved ─► second       Seen ─► at-most-once
//   every one of them ─► journal ─► pulled
import { App } from "aws-cdk-lib";
import { readConfig } from "../../lib/config.ts";
import { FoundationStack } from "../../lib/foundation-stack.ts";
import { OperationsStack } from "../../lib/operations-stack.ts";
import { RelayStack } from "../../lib/relay-stack.ts";
import { ServiceStack } from "../../lib/service-stack.ts";
import { Approved, Asked, Seen, Taken } from "./kit/messages.ts";

const app = new App();
const config = readConfig(app.node);
const foundation = new FoundationStack(app, "Foundation", { config });

const entrance = service("Entrance");
entrance.addEndpoint("Ask", { entry: entry("ask"), publishes: [Asked.type] });

const standard = service("Standard");
standard.addConsumer("Standard", {
  entry: entry("standard"),
  accepts: [Asked.type],
  publishes: [Taken.type],
});

const ordered = service("Ordered", { messagesInItems: true });
const settling = ordered.addConsumer("Ordered", {
  entry: entry("ordered"),
  accepts: [Taken.type],
  publishes: [Approved.type],
  fifo: true,
});
foundation.claims.allowPutting(settling.function);

const second = service("Second");
foundation.claims.allowReading(
  second.addConsumer("Second", { entry: entry("second"), accepts: [Approved.type] }).function,
);

const pulled = service("Pulled");
pulled.addConsumer("AtMostOnce", { entry: entry("at-most-once"), accepts: [Seen.type], relayed: false });
pulled.addProjection("Pulled", { entry: entry("pulled") });

const services = [entrance, standard, ordered, second, pulled];
const relay = new RelayStack(app, "Relay", { config, foundation, services });
new OperationsStack(app, "Operations", { config, watched: [foundation, ...services, relay] });

function service(id: string, { messagesInItems = false } = {}): ServiceStack {
  return new ServiceStack(app, id, { config, foundation, purpose: "for the kit's tests", messagesInItems });
}

/** As seen from `functions/`. */
function entry(name: string): string {
  return `../test/support/kit/${name}.ts`;
}
