export { handler } from "@essentially-once/messaging/relay/rotate-keys";
