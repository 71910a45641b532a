// Where Node keeps the code that it has compiled: in the project's directory, because a new installation removes it there.

export const COMPILED_CODE = "node_modules/.cache/essentially-once/compiled";
