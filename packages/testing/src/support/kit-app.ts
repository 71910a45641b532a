// The app that the kit is tested with: one service of each kind, wired with the constructs that users use. It stays when
// the sample is deleted.
//
//   ask ─► Asked ─► standard ─► Taken ─► ordered (FIFO) ─► Approved ─► second       Seen ─► at-most-once
//   every one of them ─► journal ─► pulled

import { readConfig } from "@essentially-once/constructs/config";
import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { OperationsStack } from "@essentially-once/constructs/operations-stack";
import { RelayStack } from "@essentially-once/constructs/relay-stack";
import { ServiceStack } from "@essentially-once/constructs/service-stack";
import { App } from "aws-cdk-lib";
import { ask, atMostOnce, ordered, pulled, second, standard } from "./kit/contracts.ts";

const app = new App();
const config = readConfig(app.node);
const foundation = new FoundationStack(app, "Foundation", { config });

const entrance = service("Entrance");
entrance.addEndpoint(ask, file("ask"));

const taking = service("Standard");
taking.addConsumer(standard, { ...file("standard"), limits: ["api"] });

const settling = service("Ordered", { messagesInItems: true });
foundation.claims.allowPutting(settling.addConsumer(ordered, { ...file("ordered"), fifo: true }).function);

const reading = service("Second");
foundation.claims.allowReading(reading.addConsumer(second, file("second")).function);

const pulling = service("Pulled");
pulling.addConsumer(atMostOnce, file("at-most-once"));
pulling.addProjection(pulled, file("pulled"));

const services = [entrance, taking, settling, reading, pulling];
const relay = new RelayStack(app, "Relay", { config, foundation, services });
new OperationsStack(app, "Operations", { config, watched: [foundation, ...services, relay] });

function service(id: string, { messagesInItems = false } = {}): ServiceStack {
  return new ServiceStack(app, id, { config, foundation, purpose: "for the kit's tests", messagesInItems });
}

/** As seen from `functions/`. */
function file(name: string): { entry: string } {
  return { entry: `../packages/testing/src/support/kit/${name}.ts` };
}
