import { billOrder } from "./contracts.ts";
import { counting } from "./counting.ts";

export const handler = counting(billOrder);
