// One JSON document on standard output.

export function say(document: unknown): void {
  console.log(JSON.stringify(document, undefined, 2));
}
