// Wrong on purpose: it reads a file that lies beside its source, and is not deployed.
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("messages.ts", import.meta.url), "utf8");

export const handler = async () => text.length;
