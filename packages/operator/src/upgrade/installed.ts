// What the installed release brings for apps: `npm run pack` writes it into the package, from the app of its repository.
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../terminal/usage-error.ts";
import { renames } from "./renames.ts";
import type { InstalledRelease } from "./upgrade-app.ts";

export const copiesFile = "upgrade/copies.json";

const texts = z.record(z.string(), z.string());
const Packed = z.object({ release: z.string(), sample: texts, small: texts, empty: texts });

export type PackedCopies = z.infer<typeof Packed>;

/** @throws UsageError in the kit's own repository, where the app is what all copies are made of */
export function installedRelease(): InstalledRelease {
  const file = new URL("copies.json", import.meta.url);
  if (!existsSync(file)) {
    throw new UsageError("This is a clone of the kit's repository: git pull brings app and kit together.");
  }
  const { release, ...byTemplate } = Packed.parse(read(file));
  const released = texts.parse(read(new URL("released.json", import.meta.url)));
  return {
    release,
    copies: (template) => new Map(Object.entries(byTemplate[template])),
    released,
    renames,
  };
}

function read(file: URL): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
