/** A resource, a property or a value that would not be honoured. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}
