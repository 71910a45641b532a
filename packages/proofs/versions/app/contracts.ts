import { contract } from "@essentially-once/messaging/contract";
import { Booked, HandedOut, Paid, Pay } from "./messages.ts";

export const pay = contract({ name: "pay", accepts: [Pay], publishes: [Paid] });
export const take = contract({ name: "take", accepts: [Paid], publishes: [Booked] });
export const book = contract({ name: "book", accepts: [Booked], publishes: [HandedOut] });
export const handOut = contract({ name: "hand-out", accepts: [HandedOut] });
export const watch = contract({ name: "watch", accepts: [Paid] });
export const state = contract({ name: "state", accepts: [Paid] });
