// Part of `npm run version`: keeps the copies of the release that is about to be followed by another, by their hash, so that
// the next one can show what it changes in them. Texts that have not changed since are there already.
import { readFileSync, writeFileSync } from "node:fs";
import { hashOf } from "@essentially-once/operator/internal/upgrade/copies";
import { packedCopies } from "./template.ts";

const file = "packages/operator/src/upgrade/released.json";
const { version } = JSON.parse(readFileSync("packages/operator/package.json", "utf8"));
const { release: _release, ...templates } = packedCopies(version);
const texts = Object.values(templates).flatMap((copies) =>
  Object.values(copies).map((text) => [hashOf(text), text]),
);
const kept = { ...JSON.parse(readFileSync(file, "utf8")), ...Object.fromEntries(texts) };
writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
