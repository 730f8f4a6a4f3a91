/** Members that do not count: keys that stand twice in an object, of which the last one does, and nulls. */

/**
 * A normal form in which each object has each key once: the last one, at the place of the first. One pass, whatever the
 * nesting.
 * @param json a normal form: no white space, and known to be JSON
 */
export const lastOfEach = (json: string): string => rebuilt(json, () => true);

/** Without members of objects that are null, at every level; in lists they are kept. As Java's serializers leave them out. */
export const withoutNulls = <T extends string>(json: T): T =>
  json.includes(":null") ? (rebuilt(json, (member) => member !== "null") as T) : json;

function rebuilt(json: string, keeps: (member: string) => boolean): string {
  let at = 0;

  const string = (): string => {
    const start = at;
    for (at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
    at++;
    return json.slice(start, at);
  };

  /** What `each` steps over, with the commas between. */
  const listed = (end: string, each: () => void): void => {
    at++;
    while (json[at] !== end) {
      each();
      if (json[at] === ",") at++;
    }
    at++;
  };

  const value = (): string => {
    if (json[at] === '"') return string();
    if (json[at] === "{") {
      const members = new Map<string, string>();
      listed("}", () => {
        const name = string();
        at++;
        const member = value();
        if (keeps(member)) members.set(name, member);
      });
      return `{${Array.from(members, ([name, member]) => `${name}:${member}`).join(",")}}`;
    }
    if (json[at] === "[") {
      const elements: string[] = [];
      listed("]", () => elements.push(value()));
      return `[${elements.join(",")}]`;
    }
    const start = at;
    while (at < json.length && !",]}".includes(json[at] as string)) at++;
    return json.slice(start, at);
  };

  return value();
}
