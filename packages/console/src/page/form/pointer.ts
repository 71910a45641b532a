// JSON pointers, RFC 6901: the names of places in a value, for errors and masks.

export function pointerTo(parent: string, part: string | number): string {
  return `${parent}/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The id of the input at a place. */
export function inputId(form: string, pointer: string): string {
  return `${form}-field${pointer.replaceAll(/[^\w/-]/g, "_")}`;
}
