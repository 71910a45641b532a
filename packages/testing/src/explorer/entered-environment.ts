// The environment variables of the explored functions. All functions run in this process, so the variables of an earlier
// sandbox must be gone before a later one opens: a function may behave differently when it finds one of them.
const entered = new Set<string>();

export function enterEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(environment)) entered.add(name);
  Object.assign(process.env, environment);
}

/** Call it before a sandbox is opened. */
export function leaveEnvironments(): void {
  for (const name of entered) delete process.env[name];
  entered.clear();
}
