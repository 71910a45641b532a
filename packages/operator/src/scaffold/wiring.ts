// Adds a line to a service's stack, and a service to the app. The edits rely on the generated shape of these files and
// report a file that was changed to another.
import { globSync } from "node:fs";
import { UsageError } from "../terminal/usage-error.ts";
import type { Draft } from "./draft.ts";
import type { KnownType } from "./known-types.ts";
import { pascal } from "./names.ts";

const app = "bin/app.ts";

export interface StackLine {
  readonly service: string;
  /** A statement of the stack's constructor. */
  readonly statement: string;
  /** What the statement names, and where it is exported. */
  readonly imports: readonly Pick<KnownType, "exported" | "path">[];
  /** The service's items carry messages. */
  readonly messagesInItems?: boolean;
}

/** Adds the statement to the service's stack, which is made when there is none. */
export function wire(files: Draft, line: StackLine): void {
  const path = `lib/${line.service}-stack.ts`;
  if (files.read(path) === undefined) {
    files.create(path, emptyStack(line.service));
    addToApp(files, line.service);
  }
  files.change(path, (text) => {
    let edited = inConstructor(path, text, line.statement);
    for (const { exported, path: from } of line.imports) edited = withImport(edited, exported, `../${from}`);
    return line.messagesInItems ? withMessagesInItems(path, edited) : edited;
  });
}

/** Types that no contract publishes and no stack expects. G6: a consumer that would wait for them in vain is refused. */
export function unpublished(files: Draft, types: readonly KnownType[]): KnownType[] {
  return unnamed(files, types, /publishes: \[([^\]]*)\]|expectFromElsewhere\(([^)]*)\)/g);
}

/** Types that no contract accepts and no stack says are accepted elsewhere: their messages would reach no consumer. */
export function unaccepted(files: Draft, types: readonly KnownType[]): KnownType[] {
  return unnamed(files, types, /accepts: \[([^\]]*)\]|acceptedElsewhere\(([^)]*)\)/g);
}

function unnamed(files: Draft, types: readonly KnownType[], places: RegExp): KnownType[] {
  const sources = globSync(["functions/*/*.ts", "lib/*-stack.ts"], { cwd: files.projectDirectory });
  const texts = sources.map((path) => files.read(path) ?? "").join("\n");
  const named = [...texts.matchAll(places)]
    .map(([, inContract = "", inStack = ""]) => `${inContract},${inStack}`)
    .join();
  return types.filter(({ exported }) => !new RegExp(`\\b${exported}\\b`).test(named));
}

/** Takes types out of what the stacks say of elsewhere, because a function of this app does it now. */
export function nowFromHere(
  files: Draft,
  statement: "expectFromElsewhere" | "acceptedElsewhere",
  types: readonly KnownType[],
): void {
  for (const path of globSync("lib/*-stack.ts", { cwd: files.projectDirectory })) {
    for (const { exported } of types) files.change(path, (text) => withoutType(text, statement, exported));
  }
}

function withoutType(text: string, statement: string, name: string): string {
  const call = new RegExp(`\\n *this\\.${statement}\\(([^)]*)\\);`);
  const [, given = ""] = call.exec(text) ?? [];
  const names = given.split(",").map((one) => one.trim());
  if (!names.includes(name)) return text;
  const left = names.filter((one) => one !== name && one !== "").join(", ");
  const edited = text.replace(call, left === "" ? "" : `\n    this.${statement}(${left});`);
  const uses = edited.match(new RegExp(`\\b${name}\\b`, "g")) ?? [];
  if (uses.length > 1) return edited;
  const inImport = new RegExp(`(import \\{[^}]*?)\\b${name}\\b,?([^}]*\\} from "[^"]+";\n)`);
  return edited.replace(inImport, "$1$2").replace(/^import \{\s*\} from "[^"]+";\n/m, "");
}

function emptyStack(service: string): string {
  return `// ${service.toUpperCase()}: describe in one sentence what this service does.
import type { Construct } from "constructs";
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";

export class ${pascal(service)}Stack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "${service}" });
  }
}
`;
}

function addToApp(files: Draft, service: string): void {
  const name = pascal(service);
  const line = `  new ${name}Stack(app, "${name}", { config, foundation }),\n`;
  files.change(app, (text) => {
    const list = /(const services: readonly ServiceStack\[\] = \[)([^\]]*)\];/;
    if (!list.test(text)) throw unlike(app, "const services: readonly ServiceStack[] = [ ... ];", line);
    const listed = text.replace(list, (_, opening: string, services: string) => {
      const before = services.trimEnd() === "" ? "\n" : `${services.trimEnd().replace(/,?$/, ",")}\n`;
      return `${opening}${before}${line}];`;
    });
    return withImport(listed, `${name}Stack`, `../lib/${service}-stack.ts`);
  });
}

/** Behind all that the constructor does already. */
function inConstructor(path: string, text: string, statement: string): string {
  const start = text.search(/extends ServiceStack \{\s*constructor\(/);
  const end = start < 0 ? -1 : text.indexOf("\n  }\n", start);
  if (end < 0) throw unlike(path, "class ... extends ServiceStack { constructor(...) { ... } }", statement);
  return `${text.slice(0, end)}\n${statement}${text.slice(end)}`;
}

function withMessagesInItems(path: string, text: string): string {
  if (text.includes("messagesInItems: true")) return text;
  const call = /super\(scope, id, \{\s*\.\.\.options,/;
  if (!call.test(text)) throw unlike(path, "super(scope, id, { ...options, ... })", "messagesInItems: true");
  return text.replace(call, (found) => `${found} messagesInItems: true,`);
}

/** Adds a name to the import from this path, or the import; biome puts it where it belongs. */
export function withImport(text: string, name: string, from: string): string {
  const imported = new RegExp(`import \\{([^}]*)\\} from "${from.replaceAll(".", "\\.")}";`).exec(text);
  if (imported === null) {
    return text.replace(/^import [^;]*;\n/m, (first) => `${first}import { ${name} } from "${from}";\n`);
  }
  const [whole, names = ""] = imported;
  if (new RegExp(`\\b${name}\\b`).test(names)) return text;
  const more = `${names.trim().replace(/,$/, "")}, ${name}`;
  return text.replace(whole, `import { ${more} } from "${from}";`);
}

function unlike(path: string, shape: string, line: string): UsageError {
  return new UsageError(`${path} has no \`${shape}\`, so add this by hand: ${line.trim()}`);
}
