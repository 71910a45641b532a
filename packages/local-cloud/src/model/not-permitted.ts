/** Something that AWS would not do. */
export class NotPermitted extends Error {
  override readonly name = "NotPermitted";
}
