// What the functions of the insights service are to others.
import { contract } from "@essentially-once/messaging/contract";
import { OrderViewed } from "./messages.ts";
import { statementEvents } from "./statement.ts";

export const countOrderViews = contract({ name: "count-order-views", accepts: [OrderViewed] });

export const buildStatement = contract({ name: "build-statement", accepts: statementEvents });
