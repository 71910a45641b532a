import { importOrder } from "./contracts.ts";
import { counting } from "./counting.ts";

export const handler = counting(importOrder);
