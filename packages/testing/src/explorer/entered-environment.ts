// The variables of the functions that are explored: all run in this process, so those of an earlier stage must not be there
// for a function of a later one, which may do something else when it finds one.
const entered = new Set<string>();

export function enterEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(environment)) entered.add(name);
  Object.assign(process.env, environment);
}

/** Before a stage is opened. */
export function leaveEnvironments(): void {
  for (const name of entered) delete process.env[name];
  entered.clear();
}
