// What DynamoDB takes as the partition key `id` of an item.
//
//   G5. A request for several items is refused whole for one id that is none.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html (bytes of a partition key)

const keyBytesMax = 2_048;

export const itemIdRule = `a string of 1 to ${keyBytesMax} bytes`;

export function isItemId(id: unknown): id is string {
  return typeof id === "string" && id !== "" && id.isWellFormed() && Buffer.byteLength(id) <= keyBytesMax;
}
