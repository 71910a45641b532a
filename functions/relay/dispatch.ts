export { handler } from "@essentially-once/messaging/relay/dispatch";
