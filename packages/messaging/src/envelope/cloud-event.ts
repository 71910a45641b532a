// The rules of CloudEvents 1.0 for the attributes that the kit reads, beyond being strings, and for those it does not read.
//
//   G6. An event that breaks a rule is parked, and the reason names the rule.
//
//   https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//   https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md (a null is no attribute)
import { Park } from "../core/outcome.ts";
import { millisecondsOf } from "../core/rfc3339.ts";

/** What a URI reference is made of: https://www.rfc-editor.org/rfc/rfc3986#section-2 */
const uriReference = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[\da-f]{2})+$/i;
/** JSON and what is built on it: https://www.rfc-editor.org/rfc/rfc6839#section-3.1 */
const jsonType = /^[^\s/;]+\/(?:[^\s/;]+\+)?json\s*(?:;|$)/i;

const checkedOtherwise: ReadonlySet<string> = new Set(["time", "datacontenttype", "data_base64", "data"]);

/** @throws Park ENVELOPE_INVALID, TIME_INVALID or DATA_NOT_JSON; what is no text at all is the envelope's to refuse */
export function checkAttributes(fields: Readonly<Record<string, unknown>>): void {
  const { source, time, datacontenttype, data_base64: bytes } = fields;
  // On the way half a character becomes another one, and two ids one.
  for (const name of Object.keys(fields)) {
    const text = fields[name];
    if (typeof text === "string" && !checkedOtherwise.has(name) && !text.isWellFormed()) {
      throw new Park("ENVELOPE_INVALID", "an attribute has a lone surrogate");
    }
  }
  if (typeof source === "string" && source !== "" && !uriReference.test(source)) {
    throw new Park(
      "ENVELOPE_INVALID",
      "source must be a URI reference: no spaces, and %-escapes beyond ASCII",
    );
  }
  if (typeof time === "string" && millisecondsOf(time) === undefined) {
    throw new Park("TIME_INVALID", "time must be a date and time of RFC 3339");
  }
  if (bytes !== undefined && bytes !== null) {
    throw new Park("DATA_NOT_JSON", "data_base64 is not supported: send JSON as data");
  }
  if (datacontenttype !== undefined && datacontenttype !== null && !jsonType.test(String(datacontenttype))) {
    throw new Park("DATA_NOT_JSON", "datacontenttype must be application/json or end in +json");
  }
}
