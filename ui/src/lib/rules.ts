/**
 * Rules that fields of a form break, by the server's sentences for them, which are English: core/schema, core/task-schema.ts,
 * core/parse-task.ts, core/payload.ts and what else checks a field. `test/browser/rules.test.ts` looks for sentences that no rule
 * knows. What a pattern names is kept: numbers, names.
 */
import type { en } from "../i18n/en.ts";

type Key = keyof typeof en;

export type Rules = readonly (readonly [pattern: RegExp, key: Key])[];

const ANY: Rules = [
  [/^is required$/, "rule.required"],
  [/^is taken$/, "rule.taken"],
  [/^is wrong$/, "rule.wrong"],
  [/^is not a known field$/, "rule.unknown"],
  [/^must be a number$/, "rule.number"],
  [/^must be (?:a whole number(?: or null)?|an int)$/, "rule.whole"],
  [/^must be 0 or more$/, "rule.zeroUp"],
  [
    /^must be (?:a whole number, |a number, )?(?<from>-?[\d.]+) to (?<to>[\d.]+)(?:, or null for no limit)?$/,
    "rule.range",
  ],
  [/^must not be empty$/, "rule.empty"],
  [/^must have at most (?<n>\d+) characters(?:, after NFK?C)?$/, "rule.most"],
  [/^must have at least (?<n>\d+) characters$/, "rule.least"],
  [/^must have at most (?<n>\d+) fields$/, "rule.mostFields"],
  [/^must take at most (?<n>\d+) characters as JSON$/, "rule.mostJson"],
  [/^must have at most 1 MiB$/, "rule.mostMiB"],
  [/^must not hold more than (?<n>\d+) values/, "rule.values"],
  [/^must not be nested deeper than (?<n>\d+) levels$/, "rule.depth"],
  [/^has the key (?<key>".*") twice$/s, "rule.keyTwice"],
  [/^has (?<n>\d+) more wrong fields$/, "rule.moreFields"],
  [/^takes at most (?<n>\d+)(?: [a-z ]+)?$/, "rule.atMost"],
  // What a schema has no words of its own for.
  [/^Too big: expected \w+ to (?:have|be) <=?(?<n>\d+)/, "rule.atMost"],
  [/^needs an? (?:delay|code|address|task id)$/, "rule.needsOne"],
  [/^must be a string$/, "rule.string"],
  [/^must be an array$/, "rule.list"],
  [/^must be (?:an object|a JSON object)$/, "rule.object"],
  [/^must be (?:true or false|a boolean)$/, "rule.trueFalse"],
  [/^must be one of (?<list>.+)$/, "rule.oneOf"],
  [/^must be (?<list>[a-z]+(?:, [a-z]+)*(?: or [a-z]+)?)$/, "rule.oneOf"],
  [/^must be an ISO 8601 time with zone$/, "rule.moment"],
  [/^must (?:lie|be) after from$/, "rule.afterFrom"],
  [/^must not begin or end with a blank$/, "rule.blankEnds"],
  [/^must not contain control characters$/, "rule.control"],
  [/^must not contain NUL$/, "rule.nul"],
  [/^must be well-formed Unicode/, "rule.unicode"],
  [/^must be an? (?:task's id|task id)$/, "rule.taskId"],
  [/^must be (?:an incident's id|an id of GET \/v1\/alarms)$/, "rule.incidentId"],
  [/^must be a status code/, "rule.statusCode"],
  [/^must be the id of a job, or of an act on many tasks$/, "rule.actId"],
  [/^must be a nextCursor of an earlier page$/, "rule.cursor"],
  [/^must be an origin such as (?<example>[^\s,]+)$/, "rule.origin"],
  [/^must be an origin such as (?<example>[^\s,]+), or (?<words>.+)$/, "rule.originOr"],
  [/^must be an origin: /, "rule.originForm"],
];

const ADDRESSES: Rules = [
  [/^must begin with http:\/\/ or https:\/\/$/, "rule.http"],
  [/^is not a valid URL$/, "rule.url"],
  [/^must not hold a user name or password; send a header instead$/, "rule.userInfo"],
  [/^has an empty host$/, "rule.emptyHost"],
  [/^has a placeholder \{(?<name>.*)\} that requestParam does not fill$/s, "rule.placeholder"],
  [/^has a placeholder \{(?<name>.*)\} filled with dots$/s, "rule.placeholderDots"],
  [/^has a placeholder \{(?<name>.*)\} filled with a lone surrogate$/s, "rule.placeholderUnicode"],
  [/^must have at most (?<n>\d+) characters when it is filled$/, "rule.mostFilled"],
  [/^must have at most (?<n>\d+) characters where it becomes the query$/, "rule.mostQuery"],
  [/^must have at most (?<n>\d+) values where it is sent as a form$/, "rule.mostForm"],
  [/^is at (?<host>.+), in a range that calls may not reach/, "rule.egress"],
  [/^"(?<entry>.*)" is not an IP address or CIDR range$/s, "rule.cidr"],
  [/^must be a host name or an address, without a port$/, "rule.host"],
  [/^must be an e-mail address$/, "rule.email"],
];

const TASKS: Rules = [
  [/^does not know (?<what>.+): it takes statuses/s, "rule.retryOn"],
  [/^must be a list of codes/, "rule.statuses"],
  [/^must not hold (?<code>\d+), which status takes for success/, "rule.stopSuccess"],
  [/^must take at most 16 KiB together$/, "rule.headersSize"],
  [/^is given twice, in other letters$/, "rule.twice"],
  [/^is not a valid header name$/, "rule.headerName"],
  [/^is set by the HTTP client and cannot be given$/, "rule.headerClient"],
  [/^is Bida's own and cannot be given$/, "rule.headerOwn"],
  [/^(?:has characters that a header cannot carry|must be a valid header value)$/, "rule.headerValue"],
  [/^has (?<what>".*"), which is no coding with an optional weight/s, "rule.coding"],
  [/^asks for (?<what>.+); Bida can decode (?<list>.+)$/, "rule.codingUnknown"],
  [/^must be base64 with padding/, "rule.base64"],
  [/^is a name that cannot be used here$/, "rule.nameHere"],
  [/^cannot be given together with a content-type header$/, "rule.togetherType"],
  [/^cannot be given together with (?<other>\w+)$/, "rule.together"],
  [/^must lie within a year$/, "rule.year"],
  [/^must lie in the future, and after the first call$/, "rule.future"],
  [/^cannot be sent with GET$/, "rule.get"],
  [/^is for requests with a body$/, "rule.bodyOnly"],
  [/^names an unknown charset, (?<charset>.+)$/s, "rule.charset"],
  [/^requestParam is sent as JSON or as \S+, not as (?<type>.+); send body or/s, "rule.paramType"],
  [/^has a character that (?<charset>.+) lacks, (?<char>.+)$/s, "rule.lacks"],
  [/^cannot be nested in a form;/, "rule.nested"],
  [/^must be 1 to 255 printable ASCII characters$/, "rule.idempotencyKey"],
  [/^error parsing regexp: (?<what>.+)$/s, "rule.regex"],
  [/^takes more than (?<n>\d+) instructions;/, "rule.regexLarge"],
  [/^is no JSONPath: (?<what>.+)$/s, "rule.jsonPath"],
  [/^may hold `\.\.` once only$/, "rule.path.descent"],
  [/^may hold one filter only$/, "rule.path.filter"],
  [/^may not refer to `\$` inside a filter$/, "rule.path.root"],
  [/^may list several selectors in one bracket only$/, "rule.path.bracket"],
  [/^may list at most (?<n>\d+) selectors$/, "rule.path.selectors"],
  [/^may not hold a number of more than 15 digits;/, "rule.path.digits"],
  [/^may not hold `\.\.` inside or after a filter$/, "rule.path.within"],
];

const PEOPLE: Rules = [
  [/^must not be the username$/, "rule.username"],
  [/^must not contain characters that cannot be seen$/, "rule.unseen"],
  [/^must not contain characters that turn text around$/, "rule.turning"],
  [/^must not contain a colon$/, "rule.colon"],
  [/^must not begin with #$/, "rule.hash"],
  [/^must not be blank, nor one character again and again$/, "rule.sameCharacter"],
  [/^is one of those that are guessed first$/, "rule.guessed"],
  [/^payloads are encrypted here, and no part of them is stored beside them$/, "rule.encryptedKey"],
  [/^payloads are encrypted here, and cannot be searched$/, "rule.encryptedSearch"],
  [/^must have a field: all tasks at once are never meant$/, "rule.filterEmpty"],
  [/^is required, unless it is for one incident, which ends$/, "rule.muteMinutes"],
  [/^is required, or sourceAppName, errorCode or incident$/, "rule.muteWhat"],
  [/^sort=due lists open tasks only/, "rule.sortDue"],
];

const CHANNELS: Rules = [
  [/^must not be less than seconds$/, "rule.notLess"],
  [/^must be application\/json, .+, in UTF-8$/, "rule.mediaType"],
  [/^is required for email$/, "rule.smtpRequired"],
  [/^is not for email; smtp says where it goes$/, "rule.notForEmail"],
  [/^is required again where host, port or tls change/, "rule.passwordAgain"],
  [/^is required with user$/, "rule.passwordWithUser"],
  [/^is for (?<types>.+), not for (?<type>\w+)$/, "rule.typesOnly"],
  [/^must be a JSON object: the signature is added to it$/, "rule.objectSigned"],
  [/^must be a JSON object: the platform takes no other$/, "rule.objectOnly"],
  [/^must have a member (?<names>.+): the platform takes no other$/, "rule.member"],
  [
    /^has (?<size>\d+) bytes of (?<part>\S+) beside its variables; the platform takes (?<max>\d+)$/,
    "rule.bytesFixed",
  ],
  [
    /^has (?<size>\d+) characters of (?<part>\S+) beside its variables; the platform takes (?<max>\d+)$/,
    "rule.charactersFixed",
  ],
  [
    /^has an unknown variable (?<name>\$\{.*\}) at line (?<line>\d+), column (?<column>\d+); known are (?<list>.+)$/s,
    "rule.variable",
  ],
  [
    /^does not make valid (?<format>\w+) when it is filled: (?:it )?(?<fault>.+) at line (?<line>\d+), column (?<column>\d+)$/s,
    "rule.template",
  ],
];

const JSON_FAULTS: Rules = [
  [/^needs a colon after a name$/, "json.colon"],
  [/^needs a comma or \} after a value$/, "json.member"],
  [/^needs a comma or \] after a value$/, "json.element"],
  [/^needs a name in double quotes here$/, "json.name"],
  [/^has a control character in a string; escape it$/, "json.control"],
  [/^has a string that does not end$/, "json.string"],
  [/^has an escape in a string that JSON does not know$/, "json.escape"],
  [/^has a number that JSON does not know$/, "json.number"],
  [/^ends too early$/, "json.early"],
  [/^has no JSON value here$/, "json.value"],
  [/^has something behind its end$/, "json.behind"],
];

export const FIELD_RULES: Rules = [...ANY, ...ADDRESSES, ...TASKS, ...PEOPLE, ...CHANNELS, ...JSON_FAULTS];

/** The first rule that a sentence is of, and what the sentence names; null: none. */
export function matched(
  text: string,
  rules: Rules,
): { key: Key; names: Record<string, string | undefined> } | null {
  for (const [pattern, key] of rules) {
    const found = pattern.exec(text);
    if (found) return { key, names: { ...found.groups } };
  }
  return null;
}
