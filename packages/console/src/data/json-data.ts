// JSON text that a person wrote, of an edit or a message by hand.

import { NotRight } from "./source.ts";

/** Schemas, masks and signatures walk through the data, a call for each level. */
const DEPTH_MAX = 200;

/** @throws NotRight for what is no JSON, or nested too deeply */
export function jsonData(text: string): unknown {
  const data = parsed(text);
  if (isDeeper(data)) throw new NotRight(TOO_DEEP, [{ path: "", message: TOO_DEEP }]);
  return data;
}

const TOO_DEEP = `The data can be nested at most ${DEPTH_MAX} levels deep.`;

function isDeeper(data: unknown): boolean {
  let level = [data];
  for (let depth = 0; depth <= DEPTH_MAX; depth++) {
    if (level.length === 0) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return level.length > 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    throw new NotRight("The data must be JSON.", [{ path: "", message }], { cause });
  }
}
