// Who is at the terminal, for records of what an operator did.
import { userInfo } from "node:os";

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a user id without a name, as in some containers
  }
}
