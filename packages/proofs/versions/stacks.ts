// What two releases run side by side in: one service for each way in which the kit keeps evidence.
//
//   pay ─► Paid ─► take (rows) ─► Booked ─► book (FIFO, inline) ─► HandedOut ─► hand-out (effect)
//             ├──► watch (at most once)
//             └──► journal ─► state (projection)
import { readConfig } from "@essentially-once/constructs/config";
import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { RelayStack } from "@essentially-once/constructs/relay-stack";
import { ServiceStack } from "@essentially-once/constructs/service-stack";
import { App } from "aws-cdk-lib";
import { book, handOut, pay, state, take, watch } from "./app/contracts.ts";

const app = new App();
const config = readConfig(app.node);
const foundation = new FoundationStack(app, "Foundation", { config });

const paying = service("Paying");
paying.addEndpoint(pay, file("pay"));
const taking = service("Taking");
taking.addConsumer(take, file("take"));
const booking = service("Booking", { messagesInItems: true });
foundation.claims.allowPutting(booking.addConsumer(book, { ...file("book"), fifo: true }).function);
const handing = service("Handing");
const environment = { CARRIER_URL: String(app.node.getContext("carrierUrl")) };
foundation.claims.allowReading(handing.addConsumer(handOut, { ...file("hand-out"), environment }).function);
const watching = service("Watching");
watching.addConsumer(watch, file("watch"));
watching.addProjection(state, file("state"));

const services = [paying, taking, booking, handing, watching];
new RelayStack(app, "Relay", { config, foundation, services });

function service(id: string, { messagesInItems = false } = {}): ServiceStack {
  return new ServiceStack(app, id, {
    config,
    foundation,
    purpose: "two releases side by side",
    messagesInItems,
  });
}

/** As seen from `functions/`. */
function file(name: string): { entry: string } {
  return { entry: `../packages/proofs/versions/app/${name}.ts` };
}
