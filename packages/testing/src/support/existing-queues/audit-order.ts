import { auditOrder } from "./contracts.ts";
import { counting } from "./counting.ts";

export const handler = counting(auditOrder);
