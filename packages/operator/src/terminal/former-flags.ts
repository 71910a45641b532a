// What flags were called in the release before. Both names work for one release. CHANGELOG.md

const currentFlags: Readonly<Record<string, string>> = {
  "--vouch": "--trust-unverified",
  "--hold": "--visibility-timeout",
};

/** The same command line with the flags' present names. */
export function withCurrentFlags(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.map((text, index) => {
    const [, flag = "", value = ""] = /^(--[\w-]+)(=.*)?$/s.exec(text) ?? [];
    return index < end && Object.hasOwn(currentFlags, flag) ? `${currentFlags[flag]}${value}` : text;
  });
}
